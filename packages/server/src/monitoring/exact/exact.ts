import { SlipwayError } from "@slipway/contract/errors";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { FindReference } from "../reference/index.ts";
import type { Watched } from "../watched.ts";
import type { ExactJob, ExactResult } from "./exact-job.ts";

export interface ExactDeps {
  readonly blobs: Pick<BlobStore, "path" | "hold">;
  readonly lake: Pick<PredictionLake, "readViews" | "flush">;
  readonly findReference: FindReference;
}

export interface ExactQuery {
  readonly watched: Watched;
  /** Null: all of them. */
  readonly columns: readonly string[] | null;
  /** Of the predictions, milliseconds, [from, to). */
  readonly from: number;
  readonly to: number;
}

/** @throws SlipwayError `precondition_failed` where there is no reference, `invalid_request` where a column is not in it */
export type TestExactly = (query: ExactQuery) => Promise<ExactResult>;

const script = new URL(`./exact-test-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const mostRows = 1_000_000;
const timeoutMs = 300_000;

/** Tests on raw rows, for who wants to know more than the profiles say: computed when they are asked for, never stored. */
export function createExactTests({ blobs, lake, findReference }: ExactDeps): TestExactly {
  return async ({ watched, columns, from, to }) => {
    const { endpoint, model, version } = watched;
    const reference = await findReference(watched);
    if (reference === null)
      throw new SlipwayError(
        "precondition_failed",
        `${endpoint} has no reference for ${model}@${version} yet, so there is nothing to test against: "slipway monitor reference ${endpoint}" tells why.`,
      );
    const known = reference.plan.columns;
    const unknown = columns?.find((name) => !known.some((column) => column.name === name));
    if (unknown !== undefined)
      throw new SlipwayError(
        "invalid_request",
        `${unknown} is no column of the reference; there are ${known.map(({ name }) => name).join(", ")}.`,
        { columns: known.map(({ name }) => name) },
      );
    await lake.flush();
    const { sha256 } = reference.sample;
    const hold = await blobs.hold([sha256]);
    try {
      const job: ExactJob = {
        path: blobs.path(sha256),
        columns: columns === null ? known : known.filter(({ name }) => columns.includes(name)),
        model,
        version,
        from,
        to,
        mostRows,
      };
      return await lake.readViews<ExactResult>({ endpoint }, { module: script, input: job }, { timeoutMs });
    } finally {
      hold.release();
    }
  };
}
