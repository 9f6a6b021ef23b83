import {
  decodeExamples,
  examplesFile,
  type Examples,
  type ParityReport,
  type Placement,
  type Signature,
} from "@slipway/runtime";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import { toModelFiles, type FindRuntime } from "./find-runtime.ts";
import { requirePlacement, toPlacement, type LoadSettings, type Placed } from "./load-settings.ts";
import { openReplica } from "./open-replicas.ts";
import { withinLimit } from "./within-limit.ts";

export interface ProofDeps {
  readonly findRuntime: FindRuntime;
  readonly clock: Clock;
  /** Most rows of a run. */
  readonly batchRows: number;
  /** How long opening, warm-up and examples may take. */
  readonly loadTimeoutMs: number;
}

/** A model in a folder: of a version, or of what may become one. */
export interface ProofSubject extends Placed {
  /** For messages: `flight-delay@2`, or a file. */
  readonly what: string;
  readonly folder: string;
  /** The file that was named, below the folder. */
  readonly entry: string;
  readonly signature: Signature;
  /** How it will be served. */
  readonly settings: LoadSettings;
  /** Whether the folder has examples (`examplesFile`). */
  readonly hasExamples: boolean;
}

export interface Proof {
  readonly placement: Placement;
  /** From the file to a warm copy with its examples answered; milliseconds. */
  readonly loadMs: number;
  /** What became of the examples, within the tolerance or not; null without examples. */
  readonly parity: ParityReport | null;
}

/**
 * Opens one copy of a model where it will serve, beside whatever serves, runs its examples and closes it.
 * @throws SlipwayError `invalid_model`, `model_failed`, `too_slow`, `invalid_file`
 */
export async function proveModel(deps: ProofDeps, subject: ProofSubject, signal?: AbortSignal): Promise<Proof> {
  const { clock, batchRows, loadTimeoutMs: timeoutMs } = deps;
  const { what, folder, program, signature, settings } = subject;
  const placement = toPlacement(subject, settings);
  requirePlacement(what, subject, settings);
  const readExamples = subject.hasExamples ? () => readVersionExamples(folder) : null;
  const { threads = 1 } = settings;
  const runtime = await deps.findRuntime({ program, placement, folder, threads });
  const startedAt = clock.monotonic();
  const files = toModelFiles(folder, subject);
  const giveUp = new AbortController();
  const trained = { modelSection: null, report: subject.report };
  const request = {
    runtime,
    files,
    signature,
    what,
    trained,
    settings,
    readExamples,
    batchRows,
    giveUp: giveUp.signal,
  };
  const opening = openReplica({ ...request, ...(signal && { signal }) });
  const limit = { clock, timeoutMs, what, giveUp };
  const { replica, parity } = await withinLimit(limit, opening, (late) => late.replica.close());
  const loadMs = clock.monotonic() - startedAt;
  await replica.close();
  return { placement, loadMs, parity };
}

export async function readVersionExamples(folder: string): Promise<Examples> {
  return decodeExamples(await readFile(join(folder, examplesFile)));
}
