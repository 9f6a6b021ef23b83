import { SlipwayError } from "@slipway/contract";
import { packColumns, recordsToTensors, tensorsToPredictions, type Replica, type Signature } from "@slipway/runtime";
import type { MatchedInput } from "../../packaging/index.ts";
import type { TableSample } from "../../platform/lake/index.ts";

export interface ExampleRow {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

interface OpenModel {
  readonly replica: Replica;
  /** As callers see it. */
  readonly signature: Signature;
}

interface Wanted {
  readonly table: TableSample;
  readonly inputs: readonly MatchedInput[];
  readonly count: number;
}

/**
 * Runs a model on rows of a sample, spread over it. Rows that it does not take, or to which it answers NaN, are passed over.
 * @throws SlipwayError `invalid_input` where none is left
 */
export async function makeExamples(model: OpenModel, wanted: Wanted): Promise<readonly ExampleRow[]> {
  const rows: ExampleRow[] = [];
  let trouble: unknown = null;
  for (const record of toRecords(wanted)) {
    if (rows.length === wanted.count) break;
    try {
      const outputs = await answer(model, record);
      if (isWhole(outputs)) rows.push({ inputs: record, outputs });
    } catch (error) {
      if (!SlipwayError.is(error)) throw error;
      trouble ??= error;
    }
  }
  if (rows.length > 0) return rows;
  throw trouble ?? new SlipwayError("invalid_input", "The sample has no row to which the model has an answer.");
}

async function answer({ replica, signature }: OpenModel, record: object): Promise<Record<string, unknown>> {
  const { tensors } = recordsToTensors(signature, [record], { extraFields: new Set() });
  const outputs = await replica.run(packColumns(signature, tensors));
  return tensorsToPredictions(signature, outputs, 1)[0]!;
}

/** Floats that are not finite are null, and nothing can be compared with them. */
function isWhole(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.values(value).every(isWhole) : value !== null;
}

/** Every so many rows one, so that a sorted sample shows all of itself; then the others. */
function* toRecords({ table, inputs, count }: Wanted): Generator<Record<string, unknown>> {
  const places = inputs.map(({ column }) => table.columns.findIndex(({ name }) => name === column?.name));
  const step = Math.max(1, Math.floor(table.rows.length / count));
  for (let offset = 0; offset < step; offset++)
    for (let i = offset; i < table.rows.length; i += step)
      yield Object.fromEntries(inputs.map(({ name }, c) => [name, table.rows[i]![places[c]!] ?? null]));
}
