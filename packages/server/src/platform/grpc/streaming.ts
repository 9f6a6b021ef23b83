import { SlipwayError } from "@slipway/contract";
import type { Call } from "./call.ts";
import { decompress } from "./compression.ts";
import { MessageReader, type ReceivedMessage } from "./message-reader.ts";
import type { GrpcStreamCall, StreamHandler, StreamMethod } from "./methods.ts";

/** Gives the messages of a call to its handler one by one, in order. Answers with how to tell it that the server wants to stop. */
export function runStream(call: Call, method: StreamMethod, limit: number): () => void {
  const { stream } = call;
  // Each message that is being answered waits for the caller to go.
  stream.setMaxListeners(0);
  const reader = new MessageReader(limit);
  let handler: StreamHandler | null = null;
  let draining = false;
  /** Decompression, then the messages in their order; null where nothing waits. */
  let incoming: Promise<void> = Promise.resolve();
  /** Compression of what is sent. */
  let outgoing: Promise<void> | null = null;

  const streamCall: GrpcStreamCall = {
    path: call.path,
    headers: call.headers,
    trailers: call.trailers,
    user: null,
    timeLeft: () => call.timeLeft(),
    onGone: (gone) => call.onGone(gone),
    send(frame) {
      if (call.answerEncoding === "identity") return call.write(frame);
      outgoing = (outgoing ?? Promise.resolve()).then(async () => void call.write(await call.compressed(frame)));
      return true;
    },
    finish(error) {
      const end = () => (error === undefined ? call.finish() : call.fail(error));
      if (outgoing === null) end();
      else void outgoing.then(end, (failed: unknown) => call.fail(failed));
    },
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  };

  const later = (run: () => void | Promise<void>) => {
    incoming = incoming.then(() => (call.ended ? undefined : run())).catch((error: unknown) => call.fail(error));
  };
  later(async () => {
    await method.admit(streamCall);
    handler = method.open(streamCall);
    if (draining) handler.drain();
  });
  const onMessage = ({ bytes, compressed }: ReceivedMessage) =>
    later(async () => handler!.message(compressed ? await decompress(bytes, call.encoding, limit) : bytes));
  stream.on("data", (chunk: Buffer) => {
    if (call.ended) return;
    try {
      reader.push(chunk, onMessage);
    } catch (error) {
      later(() => call.fail(error));
    }
  });
  stream.on("drain", () => handler?.onRoom());
  stream.once("end", () =>
    later(() => {
      if (reader.unfinished) throw new SlipwayError("invalid_request", "The last message did not come whole.");
      handler!.end();
    }),
  );
  return () => {
    draining = true;
    handler?.drain();
  };
}
