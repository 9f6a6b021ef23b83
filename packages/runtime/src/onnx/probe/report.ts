import type { ModelDescription } from "../../runtime.ts";

/** Inclusive. */
export type Range = readonly [low: number, high: number];

/** What the probe is asked. JSON-safe: it crosses to a child process. */
export interface ProbeRequest {
  readonly folder: string;
  /** The model file, below the folder. */
  readonly path: string;
  /** Where to put the model without its ZipMap, below the folder, should it have one. Nothing may be there yet. */
  readonly rewriteTo: string;
  /** What to try each input with, by its name; an input without a range gets 0, 1 or 2, or a short text. */
  readonly ranges: Readonly<Record<string, Range>>;
  /** The same for the columns of a model whose only input is a matrix. */
  readonly columnRanges: readonly (Range | null)[];
  /** Time for the timed runs together, after the first. */
  readonly budgetMs: number;
}

/** What came out. JSON-safe, times in milliseconds. */
export interface ProbeReport {
  /** `batched` holds what runs of 1, 2 and 3 rows showed, or what the shapes say where no run succeeded. */
  readonly description: ModelDescription;
  /** The file to open, below the folder: the one asked for or, where a ZipMap was removed, another beside it. */
  readonly path: string;
  /** Creating a session, the best of a few, the library being loaded. */
  readonly createMs: number;
  /** The first run of a new session, and how long single-row runs take after it. Null where `unmeasured`. */
  readonly runs: {
    readonly firstMs: number;
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly count: number;
  } | null;
  /** The operators whose work depends on the values of the input, so that no measurement bounds it. */
  readonly unbounded: readonly string[];
  /** Why no run could be timed. */
  readonly unmeasured: string | null;
  /** Resident memory of the process with this one model open. */
  readonly rssBytes: number;
  /** Labels of the columns of each output that a removed ZipMap made. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /** Files below the folder that hold weights. */
  readonly externalFiles: readonly string[];
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Versions of the Python packages that it runs with. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Of its interpreter. */
  readonly python?: string;
  /** What was seen, for the person who deploys. */
  readonly notes: readonly string[];
}
