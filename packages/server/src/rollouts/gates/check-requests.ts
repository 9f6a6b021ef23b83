import { parseDuration, parseSize } from "@slipway/contract";
import { asymptoticInterval, momentsOfShare, pairedEffect, pairedHarm } from "@slipway/statistics";
import type { Latency } from "../compare/analyse.ts";
import type { ComparePair, PairAnswer } from "../compare/engine.ts";
import { addressOf, type Check, type Finding, type GateJob, type SettingsOf } from "./gate.ts";

const tolerance = { absolute: 1e-6, relative: 1e-4 };

/** Replays what callers asked of late on both versions: champion is a, candidate b. */
function replay(comparePair: ComparePair, job: GateJob, rows: number): Promise<PairAnswer> {
  const { endpoint, rollout, candidate, champion, signal, onProgress } = job;
  const source = {
    kind: "logged",
    endpoint: endpoint.name,
    since: null,
    until: null,
    limit: rows,
    labels: false,
  } as const;
  return comparePair(
    { a: champion, b: candidate, source, slices: [], minRows: 1, tolerance, alpha: rollout.spec.alpha },
    { signal, onProgress },
  );
}

/** Runs that differ by less are not told apart on a machine that has other work. */
const noiseMs = 1;
const noiseBytes = 64 * 2 ** 20;
const usualRatio = 2;

/** `latency`: the time and memory of the candidate are within a budget, and not so many times the champion's. */
export function createLatencyCheck(comparePair: ComparePair, settings: SettingsOf<"latency"> = {}): Check {
  return async (job) => {
    const { compared } = await replay(comparePair, job, settings.requests ?? 500);
    const { a, b } = compared.latency;
    if (a === null || b === null) return nothingAsked(job);
    const { serve } = job.endpoint.spec;
    const ratio = settings.ratio ?? usualRatio;
    const budgetMs = settings.p99 === undefined ? serve.timeoutMs : parseDuration(settings.p99);
    const memory = memoryOf(job);
    const mostBytes = settings.memory === undefined ? (serve.memoryBytes ?? null) : parseSize(settings.memory);
    const evidence = {
      requests: b.requests,
      ratio,
      p99_budget_ms: budgetMs,
      champion: { ...a },
      candidate: { ...b },
      memory_bytes: { ...memory, limit: mostBytes },
    };
    const name = addressOf(job.candidate);
    const reasons = [
      ...(b.p99 > budgetMs ? [`99 % of its runs take up to ${ms(b.p99)}, and ${ms(budgetMs)} is allowed`] : []),
      ...(b.p95 > ratio * a.p95 && b.p95 - a.p95 > noiseMs
        ? [
            `95 % of its runs take up to ${ms(b.p95)}, with ${addressOf(job.champion)} ${ms(a.p95)}, and ${ratio} times that is allowed`,
          ]
        : []),
      ...memoryReasons(memory, { ratio, mostBytes }),
    ];
    if (reasons.length > 0) return { verdict: "fail", message: `${name}: ${reasons.join("; ")}.`, evidence };
    return {
      verdict: "pass",
      message: `${name} takes ${toText(b)}, ${addressOf(job.champion)} ${toText(a)}.`,
      evidence,
    };
  };
}

interface Memory {
  readonly champion: number | null;
  readonly candidate: number | null;
}

/** As the probe measured it, in a process of its own. */
function memoryOf({ champion, candidate }: GateJob): Memory {
  const of = (report: { rssBytes?: number } | null | undefined) => report?.rssBytes ?? null;
  return { champion: of(champion?.report), candidate: of(candidate.report) };
}

function memoryReasons(
  { champion, candidate }: Memory,
  { ratio, mostBytes }: { readonly ratio: number; readonly mostBytes: number | null },
): string[] {
  if (candidate === null) return [];
  if (mostBytes !== null && candidate > mostBytes)
    return [`it took ${mib(candidate)} of memory, and ${mib(mostBytes)} is allowed`];
  if (champion === null || candidate <= ratio * champion || candidate - champion <= noiseBytes) return [];
  return [`it took ${mib(candidate)} of memory, the champion ${mib(champion)}, and ${ratio} times that is allowed`];
}

/** `shadow`: what callers asked of late, the candidate answers too, and not too differently. */
export function createShadowCheck(comparePair: ComparePair, settings: SettingsOf<"shadow"> = {}): Check {
  return async (job) => {
    const { collected, compared } = await replay(comparePair, job, settings.requests ?? 1000);
    const { rows, different, failed, failures } = compared;
    const unanswered = failed.b + collected.refusedByB;
    if (rows + unanswered === 0) return nothingAsked(job);
    const { alpha } = job.rollout.spec;
    const p = pairedHarm({ championOnly: unanswered, challengerOnly: failed.a }).pHarm;
    const evidence = {
      rows,
      different,
      disagreement: rows === 0 ? null : different / rows,
      limit: settings.disagreement ?? null,
      unanswered,
      champion_unanswered: failed.a,
      p,
      alpha,
      // By their ids alone: what is kept for ever holds nothing that somebody may want to have erased.
      examples: compared.examples.slice(0, 5).map(({ name: prediction, a, b }) => ({ prediction, a, b })),
      failures,
    };
    const name = addressOf(job.candidate);
    const count = `${name} did not answer ${unanswered} of ${rows + unanswered} rows that callers sent`;
    if (p <= alpha) return { verdict: "fail", message: `${count}; ${why(failures)}`, evidence };
    const judged = judgeDisagreement({ rows, different, alpha, limit: settings.disagreement ?? null });
    const said = `${name} answers ${different} of ${rows} rows differently (${share(different, rows)})`;
    if (judged !== "pass" || unanswered === 0)
      return { verdict: judged, message: `${said}${limitText(settings.disagreement)}.`, evidence };
    return { verdict: "inconclusive", message: `${count}, which proves nothing yet; ${why(failures)}`, evidence };
  };
}

interface Disagreement {
  readonly rows: number;
  readonly different: number;
  readonly alpha: number;
  readonly limit: number | null;
}

function judgeDisagreement({ rows, different, alpha, limit }: Disagreement): "pass" | "fail" | "inconclusive" {
  if (limit === null || rows === 0 || different / rows <= limit) return "pass";
  if (rows < 100) return "inconclusive";
  const effect = pairedEffect(momentsOfShare({ n: rows, hits: different }));
  const { lower } = asymptoticInterval(effect, { alpha, tuning: rows, side: "lower" });
  return lower > limit ? "fail" : "inconclusive";
}

function nothingAsked({ endpoint }: GateJob): Finding {
  return {
    verdict: "no_data",
    message: `${endpoint.name} has no requests on record that could be asked again.`,
    evidence: {},
  };
}

function why(failures: PairAnswer["compared"]["failures"]): string {
  const found = failures.find(({ side }) => side === "b");
  return found === undefined ? "its inputs do not fit what callers send." : found.message;
}

function limitText(limit: number | undefined): string {
  return limit === undefined ? "" : `, and ${share(limit, 1)} is allowed`;
}

function share(part: number, all: number): string {
  return all === 0 ? "-" : `${Number(((100 * part) / all).toPrecision(3))} %`;
}

function toText({ p50, p95, p99 }: Latency): string {
  return `${ms(p50)}, ${ms(p95)} and ${ms(p99)} (p50, p95, p99)`;
}

function ms(value: number): string {
  return `${Number(value.toPrecision(3))} ms`;
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
