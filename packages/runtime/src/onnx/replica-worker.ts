import { constants, setPriority } from "node:os";
import { parentPort, type MessagePort } from "node:worker_threads";
import type { FrameBytes } from "../remote/frame.ts";
import { createRemoteEnd } from "../remote/serve-frames.ts";
import { openRemoteModel } from "./open-remote.ts";

/**
 * The worker thread of one replica: opens the model, then answers runs one after another. It ends by itself when told to
 * close or when the model does not open: a thread that is terminated inside of ONNX Runtime takes the process with it.
 */
function serve(port: MessagePort): void {
  const end = createRemoteEnd((setup) => {
    // On Linux the priority is that of the thread that asks, and of those that it starts.
    if (setup.background === true && process.platform === "linux") setPriority(constants.priority.PRIORITY_LOW);
    return openRemoteModel(setup);
  });
  // One after the other, so that what comes last, the end, is last.
  let turn: Promise<unknown> = Promise.resolve();
  async function answer(frame: ArrayBuffer): Promise<void> {
    const reply = await end.answer(new Uint8Array(frame));
    if (reply === null) port.close();
    else post(port, reply);
  }
  port.on("message", (frame: ArrayBuffer) => {
    turn = turn.then(() => answer(frame));
  });
}

function post(port: MessagePort, { buffer }: FrameBytes): void {
  port.postMessage(buffer, [buffer]);
}

if (parentPort !== null) serve(parentPort);
