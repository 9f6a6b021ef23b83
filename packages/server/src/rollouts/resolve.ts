import { parseDuration, type ManifestRollout, type Strategy } from "@slipway/contract";
import type { TrafficRule } from "../endpoints/index.ts";
import { challenger } from "./arms.ts";
import {
  requireOwnNames,
  sortGuardrails,
  toCompared,
  toGuardrails,
  toLimit,
  wrong,
  type Compared,
} from "./resolve-metrics.ts";
import { defaultSteps, requireFit, toStep } from "./resolve-steps.ts";
import type { Freeze, Reaction, RolloutSpec } from "./spec.ts";

const dayMs = 24 * 3_600_000;
const defaultAlpha = 0.05;
const requests: readonly Compared[] = ["errors", "refused", "latency"];

interface Defaults {
  readonly guardrails: readonly Compared[];
  readonly deadlineMs: number;
  readonly finish: RolloutSpec["finish"];
}

const defaults: Readonly<Record<Strategy, Defaults>> = {
  immediate: { guardrails: [], deadlineMs: dayMs, finish: "promote" },
  // A shadow's own durations say nothing: it runs where others have left room.
  shadow: { guardrails: ["errors"], deadlineMs: 3 * dayMs, finish: "report" },
  canary: { guardrails: requests, deadlineMs: 3 * dayMs, finish: "promote" },
  "blue-green": { guardrails: requests, deadlineMs: 3 * dayMs, finish: "promote" },
  ab: { guardrails: requests, deadlineMs: 14 * dayMs, finish: "report" },
};

/**
 * The section with every default filled in.
 * @throws SlipwayError `invalid_manifest` where its parts do not fit together
 */
export function resolveRollout(section: ManifestRollout): RolloutSpec {
  const strategy = section.strategy ?? "canary";
  const usual = defaults[strategy];
  const alpha = section.alpha ?? defaultAlpha;
  const deadlineMs = section.deadline === undefined ? usual.deadlineMs : parseDuration(section.deadline, "deadline");
  const rules = (section.rules ?? []).map(toRule);
  const { compared, bounds } = sortGuardrails(section.guardrails ?? usual.guardrails);
  const spec: RolloutSpec = {
    strategy,
    unit: section.unit ?? null,
    control: section.control ?? "rest",
    alpha,
    gates: section.gates ?? ["signature", "parity"],
    steps: section.steps?.map(toStep) ?? defaultSteps[strategy]({ deadlineMs, hasRules: rules.length > 0 }),
    goal: section.goal === undefined ? null : toCompared(section.goal, alpha),
    guardrails: toGuardrails(compared, alpha),
    signals: (section.signals ?? []).map((each) => toCompared(each, alpha)),
    limits: [...bounds, ...(section.limits ?? [])].map((each) => toLimit(each, alpha)),
    observe: (section.observe ?? []).map((each) => toCompared(each, alpha)),
    when: toWhen(section.when ?? {}),
    rules,
    freeze: (section.freeze ?? []).map(toFreeze),
    deadlineMs,
    finish: section.finish ?? usual.finish,
  };
  for (const key of ["guardrails", "signals", "limits", "observe"] as const) requireOwnNames(spec[key], key);
  requireOwnRules(rules);
  requireFit(spec);
  return spec;
}

type ManifestWhen = NonNullable<ManifestRollout["when"]>;

function toWhen({ no_data, srm, error, inconclusive, deadline }: ManifestWhen): RolloutSpec["when"] {
  const hold: Reaction = { kind: "hold" };
  return {
    no_data: toReaction(no_data) ?? hold,
    srm: toReaction(srm) ?? hold,
    error: toReaction(error) ?? hold,
    // Who looked long enough and found no harm goes on.
    inconclusive: toReaction(inconclusive) ?? { kind: "promote" },
    deadline: deadline ?? "rollback",
  };
}

function toReaction(said: ManifestWhen["no_data"]): Reaction | null {
  if (said === undefined) return null;
  if (typeof said === "string") return { kind: said };
  return { kind: "hold_then", holdMs: parseDuration(said.hold, "hold"), next: said.then };
}

function toRule({ name, header, field, values }: NonNullable<ManifestRollout["rules"]>[number]): TrafficRule {
  return { name, header: header ?? null, field: field ?? null, values: values.map(String), arm: challenger };
}

/** @throws SlipwayError `invalid_manifest` */
function requireOwnRules(rules: readonly TrafficRule[]): void {
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrong("rules", `the name ${JSON.stringify(twice)} is there twice. Rename one.`);
}

const week = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;

function toFreeze(said: NonNullable<ManifestRollout["freeze"]>[number]): Freeze {
  if ("since" in said) return { kind: "once", since: Date.parse(said.since), until: Date.parse(said.until) };
  const { from, to, days = week } = said;
  return { kind: "daily", from: toMinutes(from), to: toMinutes(to), days: days.map((day) => week.indexOf(day)) };
}

function toMinutes(time: string): number {
  const [hours, minutes] = time.split(":");
  return Number(hours) * 60 + Number(minutes);
}
