import type { InputSpec, Signature } from "@slipway/runtime";
import { createReader, hasDb } from "./examples-task.ts";
import { readExamples, type ExamplesSource } from "./read-examples.ts";

/** What the child that reads rows is told. JSON-safe. */
export interface InputsTask {
  readonly source: ExamplesSource;
  readonly inputs: readonly InputSpec[];
  readonly rows: number;
}

/** The inputs of the first rows, as records. @throws SlipwayError `invalid_file` */
export async function run({ source, inputs, rows }: InputsTask, context: unknown): Promise<Record<string, unknown>[]> {
  const signature: Signature = { inputs, outputs: [], packed: null, batched: true };
  const records = await readExamples(source, signature, hasDb(context) ? createReader(context.db) : null);
  return records.slice(0, rows).flatMap((record) => {
    const given = isObject(record) ? (isObject(record["inputs"]) ? record["inputs"] : record) : {};
    const found = inputs.flatMap(({ name }) => (Object.hasOwn(given, name) ? [[name, given[name]] as const] : []));
    return found.length === 0 ? [] : [Object.fromEntries(found)];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
