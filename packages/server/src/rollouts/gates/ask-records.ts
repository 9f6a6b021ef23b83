import { packColumns, recordsToTensors } from "@slipway/runtime";
import { createQuietRun, findModelSettings } from "../../endpoints/index.ts";
import { toOutputColumns } from "../../monitoring/index.ts";
import type { VerifiedVersion } from "../../registry/index.ts";
import type { PairedDeps } from "../compare/paired-versions.ts";
import type { Value } from "../compare/pairs.ts";

export type Row = Readonly<Record<string, Value>>;
export type AskRecords = (records: readonly Readonly<Record<string, unknown>>[]) => Promise<readonly Row[]>;

interface Asked {
  readonly version: VerifiedVersion;
  readonly signal: AbortSignal;
  /** That records may have, though they are no inputs. */
  readonly extraFields: ReadonlySet<string>;
}

const runRows = 50;

/** Loads a version and lets `fn` ask it records, as callers would. @throws SlipwayError `invalid_input`, `model_failed` */
export async function withAsked<T>(
  { serving, endpoints, clock }: Omit<PairedDeps, "blobs">,
  { version, signal, extraFields }: Asked,
  fn: (ask: AskRecords) => Promise<T>,
): Promise<T> {
  const run = createQuietRun({ serving, clock });
  const { signature } = version;
  const most = signature.batched ? runRows : 1;
  const loaded = await serving.acquire(version, findModelSettings(endpoints.snapshot(), version));
  try {
    return await fn(async (records) => {
      const rows: Row[] = [];
      for (let from = 0; from < records.length; from += most) {
        signal.throwIfAborted();
        const some = records.slice(from, from + most);
        const { tensors } = recordsToTensors(signature, some, { extraFields });
        const answer = await run(loaded, { tensors: packColumns(signature, tensors), rows: some.length }, signal);
        if ("reason" in answer) throw new Error(answer.message);
        const columns = Object.entries(toOutputColumns(signature, answer.outputs, some.length));
        for (const row of some.keys())
          rows.push(Object.fromEntries(columns.map(([name, values]) => [name, values[row] ?? null])));
      }
      return rows;
    });
  } finally {
    await serving.release(loaded);
  }
}
