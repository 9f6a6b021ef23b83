import { SlipwayError } from "@slipway/contract";
import {
  packColumns,
  recordsToTensors,
  type Examples,
  type ExpectedOutput,
  type Signature,
  type Tensor,
  type Tolerance,
} from "@slipway/runtime";
import { exampleError } from "./example-error.ts";
import { toExampleRows, type ExampleRow } from "./example-rows.ts";
import { toExpected } from "./expected-output.ts";

export const mostExamples = 10_000;

const noFields = { extraFields: new Set<string>() };

/** Records of a file as examples that can be run. @throws SlipwayError `invalid_file` that names row and column */
export function toExamples(
  signature: Signature,
  records: readonly unknown[],
  { file, tolerance }: { readonly file: string; readonly tolerance: Tolerance },
): Examples {
  if (records.length === 0) throw exampleError({ file }, "there is none");
  if (records.length > mostExamples)
    throw exampleError(
      { file },
      `${records.length} rows are more than the ${mostExamples} that may be kept; take a sample`,
    );
  const rows = toExampleRows(signature, records, file);
  return {
    rows: rows.length,
    tolerance,
    requests: toRequests(signature, rows, file),
    expected: toExpectations(signature, rows, file),
  };
}

function toRequests(signature: Signature, rows: readonly ExampleRow[], file: string): (readonly Tensor[])[] {
  const inputs = rows.map((row) => row.inputs);
  const pack = (records: readonly unknown[], first: number) => {
    try {
      return packColumns(signature, recordsToTensors(signature, records, noFields).tensors);
    } catch (error) {
      if (!SlipwayError.is(error)) throw error;
      const { record } = error.details;
      const row = first + (typeof record === "number" ? record : 0);
      const column = error.details["input"];
      const place = { file, row, ...(typeof column === "string" ? { column } : {}) };
      throw exampleError(place, error.message.replace(/^records\[\d+\](: | )/, "").replace(/\.$/, ""));
    }
  };
  return signature.batched ? [pack(inputs, 0)] : inputs.map((record, row) => pack([record], row));
}

function toExpectations(signature: Signature, rows: readonly ExampleRow[], file: string): ExpectedOutput[] {
  const recorded = new Set(Object.keys(rows[0]!.outputs));
  if (recorded.size === 0) {
    const names = signature.outputs.map(({ name }) => name).join(", ");
    throw exampleError({ file }, `no output is recorded, so there is nothing to compare; the outputs are: ${names}`);
  }
  for (const [row, { outputs }] of rows.entries()) {
    const names = Object.keys(outputs);
    const odd = names.find((name) => !recorded.has(name)) ?? [...recorded].find((name) => !(name in outputs));
    if (odd === undefined) continue;
    const what =
      odd in outputs ? "is recorded here, but not in the first row" : "is missing, but recorded in the first row";
    throw exampleError({ file, row, column: odd }, what);
  }
  return signature.outputs
    .filter(({ name }) => recorded.has(name))
    .flatMap((spec) => toExpected({ spec, values: rows.map(({ outputs }) => outputs[spec.name]), file }));
}
