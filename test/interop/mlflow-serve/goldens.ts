import { readFileSync } from "node:fs";
import { join } from "node:path";

/** One request and what the real `mlflow models serve` answers to it; made by tools/goldens/mlflow-serve.py. */
export interface Golden {
  readonly model: string;
  readonly title: string;
  /** Content type. */
  readonly type: string;
  readonly body: string;
  readonly status: number;
  /** The body of a 200. */
  readonly answer?: string;
  /** `error_code` of every other one. */
  readonly code?: string;
}

export interface Difference {
  readonly status: number;
  readonly why: string;
  /** What is there instead where both answer. */
  readonly answer?: unknown;
}

export const goldens: readonly Golden[] = readFileSync(join(import.meta.dirname, "goldens.jsonl"), "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line) as Golden);

const absent = {
  status: 200,
  why: "the MLflow signature says that the column is optional, so a missing one is a missing value",
};
const moments = { status: 200, why: "MLflow turns no text of a CSV into a moment" };
const zones = { status: 200, why: "MLflow takes no moments with a zone; here they are put into UTC" };
const texts = (count: string) => ({
  status: 200,
  why: "a missing text is None however it came; pandas makes NaN of one in a CSV",
  answer: { predictions: ["bolt: 3", "ä, ö: -7", `None: ${count}`] },
});

/** MODEL: TITLE -> where Slipway answers otherwise, on purpose. */
export const differences: Readonly<Record<string, Difference>> = {
  "pipeline: a missing column": absent,
  "pipeline: a missing column in csv": absent,
  "pipeline: an optional column left out": absent,
  "pipeline: a fraction for an integer": { status: 400, why: "MLflow computes with another value than was sent" },
  "visits: csv": moments,
  "visits: csv, another order": moments,
  "visits: a moment as 2026-03-01T12:30:00Z": zones,
  "visits: a moment with an offset": zones,
  "visits: a number for a moment": { status: 400, why: "MLflow takes milliseconds for nanoseconds, which is 1970" },
  "listing: csv": texts("9007199254740991"),
  "listing: csv, another order": texts("9007199254740991"),
};
