import { SlipwayError } from "@slipway/contract";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { type ComparePair, type PairAnswer } from "../compare/engine.ts";
import type { LossMetric } from "../compare/losses.ts";
import type { Labelled } from "../compare/analyse.ts";
import type { PairedLoss } from "../compare/paired-losses.ts";
import type { GateFiles } from "./gate-files.ts";
import { addressOf, type Check, type Finding, type GateJob, type SettingsOf } from "./gate.ts";
import type { GateFile } from "./store.ts";

export interface FileCheckDeps {
  readonly blobs: BlobStore;
  readonly files: GateFiles;
  readonly comparePair: ComparePair;
}

const mostRows = 20_000;
const tolerance = { absolute: 1e-6, relative: 1e-4 };
/** Of the champion's loss, where no margin is given. */
const usualMargin = 0.1;

interface Wanted {
  readonly data: string;
  readonly label: string;
  readonly metric: LossMetric;
}

interface Asked {
  readonly answer: PairAnswer;
  readonly file: GateFile;
  readonly metric: LossMetric;
}

interface Cutting {
  readonly slices: readonly string[] | null;
  readonly minRows: number;
  readonly alpha: number;
}

/** Both versions answer the same rows, at the same time: champion is a, candidate b. */
async function askBoth(
  { blobs, files, comparePair }: FileCheckDeps,
  { job, wanted, cutting }: { readonly job: GateJob; readonly wanted: Wanted; readonly cutting: Cutting },
): Promise<Asked> {
  const { candidate, champion, signal, onProgress } = job;
  const file = await files.require({ ...candidate, path: wanted.data });
  const hold = await blobs.hold([file.sha256]);
  try {
    if (hold.missing.length > 0)
      throw new SlipwayError("blob_not_found", `The file ${wanted.data} is gone.`, { sha256: file.sha256 });
    const rows = { name: wanted.data, path: blobs.path(file.sha256), label: wanted.label, limit: mostRows };
    const answer = await comparePair(
      { a: champion, b: candidate, source: { kind: "file", ...rows }, tolerance, ...cutting },
      { signal, onProgress },
    );
    return { answer, file, metric: wanted.metric };
  } finally {
    hold.release();
  }
}

/** `offline`: on held-out rows, the candidate's loss is not more than a margin above the champion's. */
export function createOfflineCheck(deps: FileCheckDeps, settings: SettingsOf<"offline">): Check {
  return async (job) => {
    const alpha = settings.alpha ?? job.rollout.spec.alpha;
    const cutting = { slices: [], minRows: 1, alpha };
    const { answer, file, metric } = await askBoth(deps, { job, wanted: settings, cutting });
    const { failed, labelled, failures } = answer.compared;
    const base = { data: file.path, data_sha256: file.sha256, metric, alpha };
    if (failed.b > 0)
      return {
        verdict: "fail",
        message: `${addressOf(job.candidate)} did not answer ${failed.b} rows of ${file.path}: ${failures.find(({ side }) => side === "b")?.message ?? ""}`,
        evidence: { ...base, failed: failed.b },
      };
    const loss = lossOf(labelled, metric);
    if (loss === null) return noLabels(file, metric, base);
    const margin = settings.margin ?? usualMargin * loss.a;
    return { ...judgeLoss(loss, { margin, job }), evidence: { ...base, margin, ...toEvidence(loss) } };
  };
}

/** `slices`: in no named part of the held-out rows the candidate is proven to be worse. */
export function createSlicesCheck(deps: FileCheckDeps, settings: SettingsOf<"slices">): Check {
  return async (job) => {
    const { spec } = job.rollout;
    const minRows = settings.min_rows ?? 100;
    // What the rollout may spend on a false alarm is spent on all slices together.
    const cutting = { slices: settings.columns ?? null, minRows, alpha: spec.alpha, shareAlpha: true };
    const { answer, file, metric } = await askBoth(deps, { job, wanted: settings, cutting });
    const base = { data: file.path, data_sha256: file.sha256, metric, alpha: spec.alpha, min_rows: minRows };
    const found = answer.compared.slices.flatMap(({ slice, labelled }) => {
      const loss = lossOf(labelled, metric);
      if (loss === null || loss.rows < minRows || loss.atLeast === null) return [];
      return [{ slice, loss, margin: settings.margin ?? usualMargin * loss.a }];
    });
    if (found.length === 0)
      return {
        verdict: "no_data",
        message: `No slice of ${file.path} has ${Math.max(100, minRows)} labelled rows.`,
        evidence: base,
      };
    const [worst] = found.toSorted((x, y) => y.loss.difference - y.margin - (x.loss.difference - x.margin));
    const harmed = found.filter(({ loss, margin }) => (loss.atLeast ?? 0) > margin);
    const slices = found.map(({ slice, loss, margin }) => ({ slice, margin, ...toEvidence(loss) }));
    const { slice, loss } = worst!;
    const figures = `${slice}: ${metric} ${text(loss.b)} instead of ${text(loss.a)} in ${loss.rows} rows`;
    const names = harmed.map((each) => each.slice).join(", ");
    return {
      verdict: harmed.length > 0 ? "fail" : "pass",
      message:
        harmed.length > 0
          ? `${addressOf(job.candidate)} is worse in ${names}. The worst is ${figures}.`
          : `In none of ${found.length} slices is ${addressOf(job.candidate)} proven to be worse. The weakest is ${figures}.`,
      evidence: { ...base, worst: slice, harmed: harmed.map((each) => each.slice), slices },
    };
  };
}

function lossOf(labelled: Labelled | null, metric: LossMetric): PairedLoss | null {
  const found = labelled?.losses.find((loss) => loss.metric === metric);
  return found === undefined || found.rows === 0 ? null : found;
}

function noLabels(file: GateFile, metric: string, evidence: Finding["evidence"]): Finding {
  return {
    verdict: "no_data",
    message: `No row of ${file.path} has a label of which the outputs have a ${metric}.`,
    evidence,
  };
}

/** Non-inferiority: proven worse by more than the margin, proven not to be, or neither. */
function judgeLoss(
  loss: PairedLoss,
  { margin, job }: { readonly margin: number; readonly job: GateJob },
): Omit<Finding, "evidence"> {
  const { metric, rows, a, b, atMost, atLeast } = loss;
  const candidate = addressOf(job.candidate);
  const figures = `${metric} is ${text(b)} with ${candidate} and ${text(a)} with ${addressOf(job.champion)}, on the same ${rows} rows`;
  if (atMost === null || atLeast === null)
    return { verdict: "inconclusive", message: `${figures}: fewer than 100 rows say too little.` };
  if (atLeast > margin)
    return { verdict: "fail", message: `${figures}: at least ${text(atLeast)} worse, and ${text(margin)} is allowed.` };
  if (atMost <= margin)
    return {
      verdict: "pass",
      message: `${figures}: ${atMost < 0 ? `at least ${text(-atMost)} better` : `at most ${text(atMost)} worse`}, and ${text(margin)} worse is allowed.`,
    };
  return {
    verdict: "inconclusive",
    message: `${figures}: from ${text(atLeast)} to ${text(atMost)}, and ${text(margin)} is allowed. More rows would tell.`,
  };
}

function toEvidence({ rows, a, b, difference, low, high, worse, better, p }: PairedLoss) {
  return {
    rows,
    champion: a,
    candidate: b,
    difference,
    low,
    high,
    ...(worse === null ? {} : { negative_flips: worse, positive_flips: better, p }),
  };
}

function text(value: number): string {
  return String(Number(value.toPrecision(3)));
}
