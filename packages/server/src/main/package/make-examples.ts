import { SlipwayError, type Manifest } from "@slipway/contract";
import {
  createThreadRuntime,
  createWorkerRuntime,
  packColumns,
  recordsToTensors,
  tensorsToPredictions,
  type Replica,
  type Signature,
} from "@slipway/runtime";
import { readSignature, type MatchedInput, type PackagedModel } from "../../packaging/index.ts";
import type { TableSample } from "../../platform/lake/index.ts";

export interface ExampleRow {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface OpenedPackage {
  readonly folder: string;
  readonly packaged: PackagedModel;
  readonly manifest: Manifest;
}

interface Wanted {
  readonly table: TableSample;
  readonly inputs: readonly MatchedInput[];
  readonly count: number;
}

/**
 * Runs the model on rows of a sample, spread over it. Rows that the model does not take are passed over.
 * @throws SlipwayError `invalid_input` where it takes none of them
 */
export async function makeExamples(opened: OpenedPackage, wanted: Wanted): Promise<readonly ExampleRow[]> {
  const signature = readSignature(opened.packaged, opened.manifest);
  const replica = await openReplica(opened, signature);
  try {
    const rows: ExampleRow[] = [];
    let trouble: unknown = null;
    for (const record of toRecords(wanted)) {
      if (rows.length === wanted.count) break;
      try {
        rows.push({ inputs: record, outputs: await answer(replica, signature, record) });
      } catch (error) {
        if (!SlipwayError.is(error)) throw error;
        trouble ??= error;
      }
    }
    if (rows.length > 0) return rows;
    throw trouble ?? new SlipwayError("invalid_input", "The sample has no rows that the model could be tried with.");
  } finally {
    await replica.close();
  }
}

/** One loaded copy, where a server would run it. */
export function openReplica(
  { folder, packaged }: Omit<OpenedPackage, "manifest">,
  signature: Signature,
): Promise<Replica> {
  const runtime = packaged.placement === "thread" ? createThreadRuntime() : createWorkerRuntime();
  return runtime.open({ folder, path: packaged.report.path }, signature, { threads: 1 });
}

async function answer(replica: Replica, signature: Signature, record: object): Promise<Record<string, unknown>> {
  const { tensors } = recordsToTensors(signature, [record], { extraFields: new Set() });
  const outputs = await replica.run(packColumns(signature, tensors));
  return tensorsToPredictions(signature, outputs, 1)[0]!;
}

/** Every so many rows one, so that a sorted sample shows all of itself; then the others. */
function* toRecords({ table, inputs, count }: Wanted): Generator<Record<string, unknown>> {
  const places = inputs.map(({ column }) => table.columns.findIndex(({ name }) => name === column?.name));
  const step = Math.max(1, Math.floor(table.rows.length / count));
  for (let offset = 0; offset < step; offset++)
    for (let i = offset; i < table.rows.length; i += step)
      yield Object.fromEntries(inputs.map(({ name }, c) => [name, table.rows[i]![places[c]!] ?? null]));
}
