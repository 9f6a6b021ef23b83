import { toMovable, toTransfer, type Tensor } from "@slipway/runtime";
import { Worker } from "node:worker_threads";
import type {
  CallName,
  FromThread,
  ReplayCalls,
  ReplayFound,
  ReplayInputs,
  ReplayPage,
  ReplaySetup,
  ReplayTarget,
  ToThread,
} from "./messages.ts";
import type { Refusal } from "./reasons.ts";

/** One replay in a thread of its own, so that neither reading nor comparing many records holds up anybody's answer. */
export interface ReplayThread {
  /** The next requests; each is settled by `outputs`, `done` or `refuse`, or by `inputs` that do not fit. */
  page(): Promise<ReplayPage>;
  /** Makes a version known; `own`: requests run on the very version that answered them. */
  target(target: ReplayTarget, own: boolean): Promise<number>;
  /** The model's own tensors; null: the record does not fit this version. */
  inputs(index: number, target: number): Promise<ReplayInputs | null>;
  outputs(index: number, outputs: readonly Tensor[]): Promise<void>;
  /** Settled without being compared: somebody else does that. */
  done(index: number): Promise<void>;
  refuse(index: number, refusal: Refusal): Promise<void>;
  result(): Promise<ReplayFound>;
  close(): Promise<void>;
}

const script = new URL(`./replay-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function openReplay(setup: ReplaySetup): ReplayThread {
  const worker = new Worker(script, { workerData: setup, env: {}, execArgv: [], name: "replay" });
  const waiting = new Map<number, { resolve: (output: never) => void; reject: (error: Error) => void }>();
  let calls = 0;
  let ended: Error | null = null;

  worker.on("message", ({ call, output, error }: FromThread) => {
    const asked = waiting.get(call);
    waiting.delete(call);
    if (error === null) asked?.resolve(output as never);
    else asked?.reject(new Error(`The thread of the replay failed: ${error}`));
  });
  let reason: unknown;
  worker.on("error", (error) => (reason = error));
  worker.on("exit", () => {
    ended = new Error("The thread of the replay ended.", { cause: reason });
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  });

  function ask<Name extends CallName>(
    name: Name,
    input: ReplayCalls[Name]["input"],
    tensors: readonly Tensor[] = [],
  ): Promise<ReplayCalls[Name]["output"]> {
    if (ended) return Promise.reject(ended);
    const call = ++calls;
    return new Promise((resolve, reject) => {
      waiting.set(call, { resolve, reject });
      worker.postMessage({ call, name, input } satisfies ToThread<Name>, toTransfer(tensors));
    });
  }

  return {
    page: () => ask("page", null),
    target: (target, own) => ask("target", { ...target, own }),
    inputs: (index, target) => ask("inputs", { index, target }),
    async outputs(index, outputs) {
      // A run's outputs are views of what belongs to other requests of the same run, too.
      const tensors = toMovable(outputs);
      await ask("outputs", { index, outputs: tensors }, tensors);
    },
    async done(index) {
      await ask("done", { index });
    },
    async refuse(index, refusal) {
      await ask("refuse", { ...refusal, index });
    },
    result: () => ask("result", null),
    async close() {
      await worker.terminate();
    },
  };
}
