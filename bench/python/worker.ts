import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createProcessRuntime, type Replica, type Signature } from "../../packages/runtime/src/index.ts";
import { root } from "../../tools/layer-list.ts";
import type { PythonWork } from "./works.ts";

/** What the model needs and nothing else, in the same interpreter: all that a process of it cannot do without. */
const imports = "import joblib, numpy, sklearn.linear_model";

const signature: Signature = {
  inputs: Array.from({ length: 4 }, (_, at) => ({ name: `x${at}`, datatype: "FP64", shape: [-1], nullable: false })),
  outputs: [
    { name: "label", datatype: "INT64", shape: [-1] },
    { name: "probabilities", datatype: "FP64", shape: [-1, 3] },
  ],
  packed: { tensor: "X", datatype: "FP64" },
  batched: true,
};

async function timed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}

/** How long an interpreter takes to start and to import what the iris model needs, in milliseconds. */
export function measureImports(python: string): Promise<number> {
  return timed(() => promisify(execFile)(python, ["-s", "-c", imports], { env: {} }));
}

/** From the start of a model process until it is ready, in milliseconds. */
export async function measureWorker({ deploy }: PythonWork, python: string): Promise<number> {
  const runtime = createProcessRuntime({
    command: [python, "-s", join(root, "python")],
    environment: {},
    model: { flavor: "sklearn", path: "model.joblib", options: {} },
  });
  let replica: Replica | null = null;
  const ms = await timed(async () => {
    replica = await runtime.open({ folder: deploy, path: "model.joblib" }, signature, { threads: 1 });
  });
  await replica!.close();
  return ms;
}
