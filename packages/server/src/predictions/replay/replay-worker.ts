import { toMovable, toTransfer, type Tensor } from "@slipway/runtime";
import { parentPort, workerData } from "node:worker_threads";
import type { FromThread, ReplayCalls, ReplaySetup, ToThread } from "./messages.ts";
import { createReplayer } from "./replayer.ts";

const replayer = createReplayer(workerData as ReplaySetup, () => performance.now());

type Call = { readonly [Name in keyof ReplayCalls]: ToThread<Name> }[keyof ReplayCalls];

parentPort?.on("message", (message: Call) => {
  try {
    const { output, tensors } = answer(message);
    const reply: FromThread = { call: message.call, output, error: null };
    parentPort?.postMessage(reply, toTransfer(tensors));
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    parentPort?.postMessage({ call: message.call, output: null, error: text } satisfies FromThread);
  }
});

/** `tensors` move to the other thread: their memory belongs to nobody else. */
function answer(message: Call): { output: FromThread["output"]; tensors: readonly Tensor[] } {
  switch (message.name) {
    case "page":
      return { output: replayer.page(), tensors: [] };
    case "target": {
      const { signature, recorded, own } = message.input;
      return { output: replayer.target({ signature, recorded: own ? signature : recorded }), tensors: [] };
    }
    case "inputs": {
      const made = replayer.inputs(message.input.index, message.input.target);
      if (made === null) return { output: null, tensors: [] };
      const tensors = toMovable(made.tensors);
      return { output: { tensors, rows: made.rows }, tensors };
    }
    case "outputs":
      replayer.outputs(message.input.index, message.input.outputs);
      return { output: null, tensors: [] };
    case "done":
      replayer.done(message.input.index);
      return { output: null, tensors: [] };
    case "refuse":
      replayer.refuse(message.input.index, message.input);
      return { output: null, tensors: [] };
    case "result":
      return { output: replayer.result(), tensors: [] };
  }
}
