import { SlipwayError } from "@slipway/contract";
import { fieldSize, spareBytes, writeHead, type GrpcMessage } from "@slipway/runtime";
import { InferError, type Answered, type Infer } from "../../endpoints/index.ts";
import type { Logger } from "../../kernel/logger.ts";
import { toFrame, type Frame, type GrpcStreamCall, type StreamHandler } from "../../platform/grpc/index.ts";
import type { Admit } from "./admit.ts";
import { toSlipwayError } from "./failure.ts";
import { inferMessage, parseGrpcRequest } from "./infer.ts";
import { encodeMessage } from "./messages.ts";

export interface StreamInferDeps {
  readonly infer: Infer;
  readonly admit: Admit;
  readonly logger: Logger;
}

/** Messages of one call that are answered at the same time. */
const mostAtOnce = 32;

/** Answers each message of a ModelStreamInfer call, in their order; what fails is told in its answer and ends nothing. */
export function modelStreamInfer(deps: StreamInferDeps, call: GrpcStreamCall): StreamHandler {
  let count = 0;
  let open = 0;
  let room = true;
  /** Resolves when everything that came is answered. */
  let sent: Promise<void> = Promise.resolve();

  function goOn(): void {
    if (room && open < mostAtOnce) call.resume();
    else call.pause();
  }
  return {
    message(bytes) {
      open++;
      const answer = answerMessage(deps, call, { bytes, isFirst: count++ === 0 });
      sent = Promise.all([answer, sent]).then(([frame]) => {
        open--;
        room = call.send(frame) && room;
        goOn();
      });
      goOn();
    },
    end: () => void sent.then(() => call.finish()),
    drain: () =>
      void sent.then(() =>
        call.finish(new SlipwayError("shutting_down", "The server is shutting down; connect again and go on.")),
      ),
    onRoom() {
      room = true;
      goOn();
    },
  };
}

interface StreamMessage {
  readonly bytes: Buffer;
  /** Its token is paid for by the call. */
  readonly isFirst: boolean;
}

async function answerMessage(
  { infer, admit, logger }: StreamInferDeps,
  call: GrpcStreamCall,
  { bytes, isFirst }: StreamMessage,
): Promise<Frame> {
  let id = "";
  try {
    const request = parseGrpcRequest(bytes);
    ({ id } = request);
    if (!isFirst) await admit("infer", call);
    const { body } = await inferMessage(infer, call, { message: bytes, request, parameters });
    return wrap(body);
  } catch (thrown) {
    const error = toSlipwayError(thrown instanceof InferError ? thrown.error : thrown, logger);
    const prediction = thrown instanceof InferError ? { slipway_prediction: { string_param: thrown.id } } : {};
    return encodeMessage("inference.ModelStreamInferResponse", {
      error_message: error.message,
      infer_response: { id, parameters: { ...prediction, slipway_error: { string_param: error.code } } },
    });
  }
}

/** There are no trailers of one message, so what they tell elsewhere is in the parameters. */
function parameters({ id, fallback }: Answered): Readonly<Record<string, string>> {
  return { slipway_prediction: id, ...(fallback === null ? {} : { slipway_fallback: fallback }) };
}

/** A ModelInferResponse as the field 2 of a ModelStreamInferResponse. */
function wrap({ pieces, length }: GrpcMessage): Frame {
  const whole = fieldSize(2, length);
  const spare = spareBytes - (whole - length);
  writeHead(2, length, { buffer: pieces[0]!, offset: spare });
  return toFrame(pieces, whole, spare);
}
