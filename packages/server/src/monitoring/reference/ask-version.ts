import { SlipwayError } from "@slipway/contract";
import { packColumns, recordsToTensors, type Signature } from "@slipway/runtime";
import { createQuietRun, findModelSettings, type Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { ModelVersion } from "../../registry/index.ts";
import type { LoadedVersion, Serving } from "../../serving/index.ts";
import type { ReferenceAnswer, ReferenceQuestion } from "./reference-job.ts";
import { toOutputColumns } from "./to-output-columns.ts";

export interface AskDeps {
  readonly serving: Serving;
  readonly endpoints: Pick<Endpoints, "snapshot">;
  readonly clock: Clock;
}

export interface AskedVersion {
  ask(question: ReferenceQuestion, signal: AbortSignal): Promise<ReferenceAnswer>;
  /** What was loaded for it may go. */
  close(): Promise<void>;
}

/** Rows of one run: traffic that comes meanwhile waits no longer than for these. */
const runRows = 50;
const noFields: ReadonlySet<string> = new Set();

/** Has a version answer rows beside the traffic, which goes first; it is loaded with the first question. */
export function createAskedVersion({ serving, endpoints, clock }: AskDeps, version: ModelVersion): AskedVersion {
  const run = createQuietRun({ serving, clock });
  let loading: Promise<LoadedVersion> | null = null;
  const { signature } = version;
  const booleans = signature.inputs.filter(({ datatype }) => datatype === "BOOL").map(({ name }) => name);
  const most = signature.batched ? runRows : 1;

  async function answer(records: ReferenceQuestion["records"], signal: AbortSignal): Promise<ReferenceAnswer> {
    const loaded = await (loading ??= serving.acquire(version, findModelSettings(endpoints.snapshot(), version)));
    const columns: Record<string, (number | string | null)[]> = {};
    for (let from = 0; from < records.length; from += most) {
      const some = records.slice(from, from + most).map((record) => toRecord(record, booleans));
      const { tensors } = recordsToTensors(signature, some, { extraFields: noFields });
      const answered = await run(loaded, { tensors: packColumns(signature, tensors), rows: some.length }, signal);
      if ("reason" in answered) return { failure: answered.message };
      append(columns, signature, { tensors: answered.outputs, rows: some.length });
    }
    return { columns };
  }

  return {
    async ask({ records }, signal) {
      try {
        return await answer(records, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (SlipwayError.is(error)) return { failure: error.message };
        throw error;
      }
    },
    async close() {
      const loaded = await loading?.catch(() => null);
      if (loaded) await serving.release(loaded);
    },
  };
}

function toRecord(record: Readonly<Record<string, unknown>>, booleans: readonly string[]) {
  if (booleans.length === 0) return record;
  return { ...record, ...Object.fromEntries(booleans.map((name) => [name, toBoolean(record[name])])) };
}

function toBoolean(value: unknown): unknown {
  return typeof value === "string" ? value === "true" || value === "1" : value;
}

function append(
  columns: Record<string, (number | string | null)[]>,
  signature: Signature,
  { tensors, rows }: { readonly tensors: Parameters<typeof toOutputColumns>[1]; readonly rows: number },
): void {
  for (const [name, values] of Object.entries(toOutputColumns(signature, tensors, rows)))
    (columns[name] ??= []).push(...values);
}
