import type { SlipwayError } from "@slipway/contract";
import type { NewRecord, Tensor } from "@slipway/runtime";
import type { LoadedVersion, RunResult } from "../../serving/index.ts";
import type { Journey } from "../journey.ts";
import { toRecord } from "../journey-record.ts";
import type { ParsedRequest } from "../parsed-request.ts";

/** One request, answered once more. Times are monotonic milliseconds but for `at`, microseconds of the wall clock. */
export interface Repeated {
  readonly id: Journey["id"];
  readonly at: number;
  readonly startedAt: number;
  readonly parsedAt: number;
  readonly endedAt: number;
  readonly loaded: LoadedVersion;
  /** Null: the version cannot read it. */
  readonly parsed: ParsedRequest | null;
  /** It reads requests as the version did that answered. */
  readonly takesSame: boolean;
  readonly run: RunResult | null;
  readonly error: SlipwayError | null;
}

const nothing: readonly Tensor[] = [];

/**
 * What stands in the log of it. What the record of the original says already is not said twice: its inputs, where both versions read the same ones, and the body of what
 * cannot be read.
 */
export function toShadowRecord(original: Journey, repeated: Repeated): NewRecord {
  const { id, at, startedAt, parsedAt, endedAt, loaded, parsed, takesSame, run, error } = repeated;
  const rows = parsed?.resolved.rows ?? original.rows;
  const inputs = parsed?.tensors ?? nothing;
  const journey = { ...original, id, at, startedAt, parsedAt, loaded, parsed, inputs, rows, run, assignment: null };
  const outcome = { loaded, version: loaded.version.version, outputs: run?.outputs ?? nothing, error, fallback: null };
  const record = toRecord(journey, outcome, endedAt);
  return {
    ...record,
    rawBody: undefined,
    inputs: takesSame ? nothing : record.inputs,
    pinned: false,
    face: "shadow",
    shadowOf: { id: original.id, row: 0 },
  };
}
