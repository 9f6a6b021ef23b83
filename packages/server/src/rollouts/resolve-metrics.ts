import { parseDuration, SlipwayError, type ManifestRollout } from "@slipway/contract";
import type { LimitSpec, MetricSource, MetricSpec } from "./spec.ts";

export type Compared = NonNullable<ManifestRollout["signals"]>[number];
type Guarded = NonNullable<ManifestRollout["guardrails"]>[number];
type Limit = NonNullable<ManifestRollout["limits"]>[number];
type BuiltIn = Extract<Compared, string>;

function toBuiltIn(metric: BuiltIn, budget: string | undefined): MetricSource {
  if (metric === "latency")
    return { kind: "latency", budgetMs: budget === undefined ? null : parseDuration(budget, "budget") };
  if (metric === "errors" || metric === "refused" || metric === "fallbacks") return { kind: "counter", metric };
  return { kind: "label", metric };
}

function toSource(said: Exclude<Compared, string> | Limit): MetricSource {
  if ("prometheus" in said) return { kind: "prometheus", ...said.prometheus };
  if ("metric" in said) return toBuiltIn(said.metric, said.budget);
  return { kind: "sql", sql: said.sql, better: said.better ?? "lower" };
}

function toMetric(said: Exclude<Compared, string> | Limit, alpha: number): MetricSpec {
  const name = "metric" in said ? (said.name ?? said.metric) : said.name;
  const { tolerate = 0, margin = 0 } = "prometheus" in said ? {} : said;
  return { name, source: toSource(said), tolerate, margin, alpha };
}

const ownAlpha = (said: Compared): number | undefined => (typeof said === "string" ? undefined : said.alpha);

/**
 * The alpha of a rollout is spent over its guardrails: those that say theirs have it, the rest is shared equally (Bonferroni), so that
 * the chance that any of them takes back a version that does no harm stays below it.
 * @throws SlipwayError `invalid_manifest` where nothing is left to share
 */
export function toGuardrails(said: readonly Compared[], alpha: number): MetricSpec[] {
  const spent = said.reduce((sum, each) => sum + (ownAlpha(each) ?? 0), 0);
  const sharing = said.filter((each) => ownAlpha(each) === undefined).length;
  const left = alpha - spent;
  // Sums of decimal fractions miss what they should be by a little.
  const slack = 1e-9;
  if (left < -slack || (sharing > 0 && left < slack))
    throw wrong(
      "guardrails",
      `its guardrails spend an alpha of ${round(spent)} of ${round(alpha)}${sharing > 0 ? `, which leaves nothing for the ${sharing} without one` : ""}. Give them less, or the rollout more.`,
    );
  return said.map((each) => toCompared(each, ownAlpha(each) ?? left / sharing));
}

/** Guardrails that are compared with the champion, and those that are bounds. */
export function sortGuardrails(said: readonly Guarded[]): {
  readonly compared: readonly Compared[];
  readonly bounds: readonly Limit[];
} {
  const isBound = (each: Guarded) => typeof each !== "string" && "prometheus" in each;
  return {
    compared: said.filter((each): each is Compared => !isBound(each)),
    bounds: said.filter((each): each is Exclude<Guarded, Compared> => isBound(each)),
  };
}

export function toCompared(said: Compared, alpha: number): MetricSpec {
  return toMetric(typeof said === "string" ? { metric: said } : said, ownAlpha(said) ?? alpha);
}

export function toLimit(said: Limit, alpha: number): LimitSpec {
  return { ...toMetric(said, alpha), min: said.min ?? null, max: said.max ?? null };
}

/** @throws SlipwayError `invalid_manifest` */
export function requireOwnNames(metrics: readonly MetricSpec[], key: string): void {
  const names = metrics.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw wrong(key, `${JSON.stringify(twice)} is there twice. Give one of them another name, or leave it out.`);
}

export function wrong(key: string, text: string): SlipwayError {
  return new SlipwayError("invalid_manifest", `rollout.${key}: ${text}`, { path: `rollout.${key}` });
}

function round(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
