import { SlipwayError } from "@slipway/contract";
import type { Call } from "./call.ts";
import { decompress } from "./compression.ts";
import { MessageReader, type ReceivedMessage } from "./message-reader.ts";
import type { Frame, UnaryMethod } from "./methods.ts";

/** Reads the one message of a call and answers it. */
export function runUnary(call: Call, method: UnaryMethod, limit: number): void {
  const { stream } = call;
  let received: ReceivedMessage | null = null;
  const reader = new MessageReader(limit);
  const onMessage = (message: ReceivedMessage) => {
    if (received !== null) throw new SlipwayError("invalid_request", `${call.path} takes one message, two came.`);
    received = message;
  };
  const admitted = settle(() => method.admit(call));
  const fail = (error: unknown) => call.fail(error);
  admitted?.catch(fail);
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
    const plain = admitted === null && !received.compressed;
    (plain ? answerPlain(received.bytes) : answer(received)).then(finish, fail);
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
    await admitted;
    return answerPlain(compressed ? await decompress(bytes, call.encoding, limit) : bytes);
  }
  /** Nothing to wait for before it. */
  function answerPlain(message: Buffer): Promise<Frame> {
    try {
      call.requireTime();
    } catch (error) {
      return Promise.reject(error);
    }
    return method.answer(call, message);
  }
  function finish(frame: Frame): void {
    const ready = call.compressed(frame);
    if (ready instanceof Promise) ready.then((compressed) => call.finish(compressed), fail);
    else call.finish(ready);
  }
}
