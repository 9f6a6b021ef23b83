import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../tools/layer-list.ts";
import { askFloats, type Work } from "../serving/works.ts";

export interface PythonWork extends Work {
  readonly pickle: string;
}

const script = join(root, "bench/python/make-models.py");

/** Has a Python with scikit-learn train the models into a folder. */
export async function makePythonWorks(folder: string, python: string) {
  mkdirSync(folder, { recursive: true });
  await promisify(execFile)(python, [script, folder], { env: { ...process.env, PYTHONWARNINGS: "ignore" } });
  const make = (
    name: string,
    title: string,
    { rows, features, scale }: { rows: number; features: number; scale: number },
  ) => ({
    name,
    title,
    pickle: join(folder, `${name}.pkl`),
    deploy: join(folder, name),
    plain: false,
    large: rows > 1,
    questions: askFloats({ name: "X", rows, shape: [features], scale }),
  });
  return {
    iris: make("iris", "logistic regression of four numbers, one row", { rows: 1, features: 4, scale: 7 }),
    forest: make("forest", "100 trees on 20 numbers, one row", { rows: 1, features: 20, scale: 2 }),
    forestBatch: make("forest-batch", "300 trees on 64 numbers, 64 rows", { rows: 64, features: 64, scale: 2 }),
    mlpBatch: make("mlp-batch", "MLP 128-2048-2048-4, 64 rows of 1 kB", { rows: 64, features: 128, scale: 2 }),
    wideBatch: make("wide-batch", "MLP 512-1024-1024-512-4, 64 rows of 4 kB", { rows: 64, features: 512, scale: 2 }),
  } satisfies Record<string, PythonWork>;
}
