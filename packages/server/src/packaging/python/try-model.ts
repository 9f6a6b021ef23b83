import {
  packColumns,
  recordsToTensors,
  tryReplica,
  type DescribedModel,
  type Signature,
  type Tensor,
  type TriedReplica,
} from "@slipway/runtime";
import { toManifestExamples } from "@slipway/contract";
import { readInputs } from "../examples/read-inputs.ts";
import type { InspectDeps, InspectJob } from "../inspect-job.ts";
import { makeUpRows, triedRows } from "../made-up-rows.ts";

/** Time for the timed runs together. */
const budgetMs = 300;

interface Subject {
  readonly opened: DescribedModel;
  /** Without outputs: a run gives all. */
  readonly inputs: Signature;
}

/** Runs the model on the first of these that it answers: rows of its examples, of its author, of its training data, made-up ones. */
export async function tryModel(deps: InspectDeps, job: InspectJob, { opened, inputs }: Subject): Promise<TriedReplica> {
  const replica = await opened.open(inputs);
  const { batched } = inputs;
  let first: TriedReplica | null = null;
  for (const read of [
    () => examplesOf(deps, job, inputs),
    () => exampleOf(opened),
    () => readFirst(deps, job, { inputs, file: job.sample }),
  ]) {
    const rows = toRows(inputs, await read());
    if (rows.length === 0) continue;
    const tried = await tryReplica(replica, { rows, batched, budgetMs });
    if (tried.runs !== null) return tried;
    first ??= tried;
  }
  const madeUp = makeUpRows(inputs);
  const tried = await tryReplica(replica, { rows: madeUp, batched, budgetMs });
  // What its own author's rows showed tells more than that made-up ones fail, too.
  return tried.runs === null && first !== null ? first : tried;
}

type Records = readonly Record<string, unknown>[];

async function examplesOf(deps: InspectDeps, job: InspectJob, inputs: Signature): Promise<Records> {
  const examples = job.model?.examples;
  return readFirst(deps, job, { inputs, file: examples === undefined ? null : toManifestExamples(examples).path });
}

/** A list for each column, as rows. */
function exampleOf({ report: { example } }: DescribedModel): Promise<Records> {
  const columns = Object.entries(example ?? {});
  const rows = Math.min(triedRows, ...columns.map(([, values]) => values.length));
  if (columns.length === 0) return Promise.resolve([]);
  const records = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]] as const)),
  );
  return Promise.resolve(records);
}

interface First {
  readonly inputs: Signature;
  /** Null: there is none. */
  readonly file: string | null;
}

async function readFirst(deps: InspectDeps, { folder, signal }: InspectJob, { inputs, file }: First): Promise<Records> {
  if (file === null) return [];
  return readInputs(deps, { folder, file, inputs: inputs.inputs, rows: triedRows, ...(signal && { signal }) });
}

const noFields = { extraFields: new Set<string>() };

/** Each one a request of its own; rows that do not fit the signature are left out. */
function toRows(signature: Signature, records: Records): (readonly Tensor[])[] {
  return records.flatMap((record) => {
    try {
      return [packColumns(signature, recordsToTensors(signature, [record], noFields).tensors)];
    } catch {
      return [];
    }
  });
}
