import { SlipwayError } from "@slipway/contract";
import type { Call } from "./call.ts";
import { decompress } from "./compression.ts";
import { createMessageReader, type ReceivedMessage } from "./message-reader.ts";
import type { UnaryMethod } from "./methods.ts";

/** Reads the one message of a call and answers it. */
export function runUnary(call: Call, method: UnaryMethod, limit: number): void {
  const { stream } = call;
  let received: ReceivedMessage | null = null;
  const reader = createMessageReader(limit);
  const onMessage = (message: ReceivedMessage) => {
    if (received !== null) throw new SlipwayError("invalid_request", `${call.path} takes one message, two came.`);
    received = message;
  };
  const admitted = settle(() => method.admit(call));
  admitted?.catch((error: unknown) => call.fail(error));
  stream.on("data", (chunk: Buffer) => {
    if (call.ended) return;
    try {
      reader.push(chunk, onMessage);
    } catch (error) {
      call.fail(error);
    }
  });
  stream.once("end", () => {
    if (call.ended) return;
    if (received === null || reader.unfinished)
      return call.fail(new SlipwayError("invalid_request", `${call.path} takes a message, and none came whole.`));
    answer(received).then(
      (frame) => call.finish(frame),
      (error: unknown) => call.fail(error),
    );
  });

  function settle(admit: () => void | Promise<void>): Promise<void> | null {
    try {
      return admit() ?? null;
    } catch (error) {
      call.fail(error);
      return null;
    }
  }
  async function answer({ bytes, compressed }: ReceivedMessage) {
    if (admitted !== null) await admitted;
    call.requireTime();
    const message = compressed ? await decompress(bytes, call.encoding, limit) : bytes;
    const frame = await method.answer(call, message);
    return call.compressed(frame);
  }
}
