import { benjaminiHochberg, normalQuantile, normalTail } from "@slipway/statistics";
import { passing, type Finding } from "../finding.ts";
import type { ColumnPlan, ColumnProfile, Profile, ProfilePlan } from "../profiles/index.ts";
import type { DriftSettings } from "../settings.ts";
import type { Calibration, ColumnCalibration } from "./calibration.ts";
import { defaultEffects, effectOf } from "./effect.ts";
import { scoreColumn, type ColumnScore } from "./score-column.ts";
import { seasonOf } from "./season.ts";
import { scoreLimit, windowChance } from "./window-law.ts";
import { sayInsufficient, sayMoved } from "./words.ts";

export interface JudgeProfileInput {
  readonly reference: { readonly plan: ProfilePlan; readonly profile: Profile; readonly provisional: boolean };
  readonly calibration: Calibration;
  readonly current: Profile;
  /** Where the window begins. */
  readonly at: number;
  readonly settings: DriftSettings;
  /** Default "", the whole traffic. */
  readonly slice?: string | undefined;
  /** False alarms of this family that are accepted; `settings.alpha` unless given. */
  readonly alpha?: number | undefined;
}

interface Tested {
  readonly plan: ColumnPlan;
  readonly column: ColumnCalibration;
  readonly score: ColumnScore;
  readonly effect: number;
}

/**
 * Whether each column of a window has moved. A column fails where its move is unlikely in a usual window, all columns together, and large
 * enough to matter. Pure: the same input gives the same findings.
 */
export function judgeProfile(input: JudgeProfileInput): Finding[] {
  const { reference, calibration, current, at, settings, slice = "", alpha = settings.alpha } = input;
  const season = seasonOf(calibration.season, at);
  const named = new Map(current.columns.map((column) => [column.name, column]));
  const usual = new Map(reference.profile.columns.map((column) => [column.name, column]));
  const plans = new Map(reference.plan.columns.map((plan) => [plan.name, plan]));
  const findings: Finding[] = [];
  const tested: Tested[] = [];
  for (const column of calibration.columns) {
    const [now, then, plan] = [named.get(column.name), usual.get(column.name), plans.get(column.name)];
    if (
      settings.ignore.includes(column.name) ||
      now === undefined ||
      now.bins === null ||
      then === undefined ||
      plan === undefined
    )
      continue;
    const score = scoreColumn(column, now.bins, season);
    const rows = score?.rows ?? 0;
    const referenceRows = score?.reference.rows ?? 0;
    if (score === null || rows < settings.minRows || referenceRows < settings.minRows) {
      findings.push({
        ...blank(column, slice, input),
        verdict: "insufficient",
        rows,
        referenceRows,
        message: sayInsufficient(column.name, { rows, referenceRows, minRows: settings.minRows }),
      });
      continue;
    }
    const seasonal = season !== "" && column.references[season] !== undefined;
    tested.push({ plan, column, score, effect: effectOf({ plan, reference: then, current: now, score, seasonal }) });
  }
  return [...findings, ...toFindings(tested, { input, named, usual, alpha, slice })];
}

interface Family {
  readonly input: JudgeProfileInput;
  readonly named: ReadonlyMap<string, ColumnProfile>;
  readonly usual: ReadonlyMap<string, ColumnProfile>;
  readonly alpha: number;
  readonly slice: string;
}

function toFindings(tested: readonly Tested[], { input, named, usual, alpha, slice }: Family): Finding[] {
  const { laws } = input.calibration;
  const own = tested.map(({ score }) => normalTail(score.score));
  const adjusted = laws.length === 0 ? benjaminiHochberg(own) : null;
  return tested.map((each, i) => {
    const { column, plan, score, effect } = each;
    const pAdjusted = adjusted === null ? windowChance(laws, score.rows, score.score) : adjusted[i]!;
    const least = input.settings.effect ?? defaultEffects[column.kind];
    const isUnlikely = pAdjusted <= alpha;
    const isLarge = effect >= least;
    const limit = laws.length === 0 ? -normalQuantile(alpha / tested.length) : scoreLimit(laws, score.rows, alpha);
    return {
      ...blank(column, slice, input),
      metric: column.kind === "number" ? "anderson_darling" : "chi_square",
      verdict: isUnlikely && isLarge ? "fail" : "pass",
      severity: effect >= 10 * least ? "critical" : "warning",
      value: round(score.score),
      threshold: round(limit),
      p: round(own[i]!),
      pAdjusted: round(pAdjusted),
      effect: round(effect),
      rows: score.rows,
      referenceRows: score.reference.rows,
      message: sayMoved({
        plan,
        column,
        score,
        effect,
        least,
        isUnlikely,
        isLarge,
        chance: pAdjusted,
        reference: usual.get(column.name)!,
        current: named.get(column.name)!,
      }),
      details: { least_effect: least, blocks: column.between === null ? 0 : input.calibration.blocks },
    };
  });
}

function blank({ name, role }: ColumnCalibration, slice: string, { reference }: JudgeProfileInput): Finding {
  const monitor = role === "output" ? "drift.output" : "drift.input";
  return { ...passing(monitor), slice, column: name, provisional: reference.provisional };
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
