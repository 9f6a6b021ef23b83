import { asymptoticEvidence, absoluteEffect, momentsOfShare, sampleRatioEvidence } from "@slipway/statistics";
import type { AbQuestion } from "./ab-question.ts";
import type { AbArm, AbMetricReport, AbProblem, AbReport } from "./ab-report.ts";
import type { AbTaskInput, AbTaskOutput, ArmSums } from "./ab-task-input.ts";
import { compareArms } from "./compare-arms.ts";
import type { Split } from "./split.ts";
import { listed, percent } from "./words.ts";

/** Of the checks: an alarm says that all figures are in doubt, so it must be rare. */
const checkAlpha = 0.001;
/** Units in several arms, and rows without a unit, that a report may have. */
const fewShare = 0.01;

export interface ToAbReport {
  readonly question: AbQuestion;
  readonly split: Split;
  readonly input: AbTaskInput;
  readonly output: AbTaskOutput;
}

export function toAbReport({ question, split, input, output }: ToAbReport): AbReport {
  const { endpoint, alpha, higher } = question;
  const arms = split.arms.map((arm): AbArm => {
    const counted = output.arms.find((each) => each.arm === arm.arm);
    return { ...arm, units: counted?.units ?? 0, rows: counted?.rows ?? 0 };
  });
  const names = arms.map(({ arm }) => arm);
  const comparisons = Math.max(1, names.length - 1) * Math.max(1, output.metrics.length);
  const metrics = output.metrics.map((measured) =>
    compareArms(measured, {
      better: higher.has(measured.name) ? "higher" : "lower",
      alpha: alpha / comparisons,
      arms: names,
    }),
  );
  const total = arms.reduce((sum, { units }) => sum + units, 0);
  const sampleRatioP = total === 0 || input.unit !== split.unit ? null : toSampleRatio(arms);
  const problems = [
    ...ratioProblem(arms, sampleRatioP),
    ...mixedProblem(output.mixed, total),
    ...unitProblem(question, output, arms),
    ...labelProblem(output.labelled, names),
  ];
  return {
    endpoint,
    model: split.model,
    unit: input.unit,
    from: Math.max(split.from, question.since ?? 0),
    to: Math.min(input.to, split.to ?? input.to),
    running: split.to === null,
    revisions: [split.fromRevision, split.toRevision],
    alpha,
    arms,
    mixedUnits: output.mixed,
    rowsWithoutUnit: output.withoutUnit,
    rowsByRule: output.byRule,
    sampleRatioP,
    problems,
    metrics,
    summary: toSummary({ arms, problems, metrics }),
  };
}

function toSampleRatio(arms: readonly AbArm[]): number {
  const whole = arms.reduce((sum, { share }) => sum + share, 0);
  const counts = arms.map(({ units }) => units);
  const shares = arms.map(({ share }) => share / whole);
  return arms.length < 2 ? 1 : sampleRatioEvidence(counts, shares).p;
}

function ratioProblem(arms: readonly AbArm[], p: number | null): AbProblem[] {
  if (p === null || p > checkAlpha) return [];
  const shown = arms.map(({ arm, units, share }) => `${units} with ${arm}, which has ${percent(share / 10_000)}`);
  const message = `The units did not come with the shares of the arms: ${listed(shown)} of the traffic (p ${p.toExponential(1)}). Something loses units or sends them elsewhere, and what is lost is seldom like the rest: find it before you believe any figure.`;
  return [{ kind: "sample_ratio", message }];
}

function mixedProblem(mixed: number, total: number): AbProblem[] {
  if (mixed <= fewShare * (mixed + total)) return [];
  const message = `${mixed} of ${mixed + total} units met more than one arm and are left out, which may make the rest a special lot. Divide the traffic by what is counted, so that a unit stays in its arm.`;
  return [{ kind: "mixed_units", message }];
}

function unitProblem({ unit }: AbQuestion, output: AbTaskOutput, arms: readonly AbArm[]): AbProblem[] {
  const rows = arms.reduce((sum, arm) => sum + arm.rows, 0);
  const { withoutUnit } = output;
  if (withoutUnit <= fewShare * (withoutUnit + rows)) return [];
  const nobody = rows === 0 ? " It may be redacted, or a field that log.fields does not keep." : "";
  const message = `${withoutUnit} of ${withoutUnit + rows} predictions have no ${unit ?? "unit"} on record and are left out.${nobody}`;
  return [{ kind: "without_unit", message }];
}

/** Labels that come more often for one arm are of other predictions. */
function labelProblem(labelled: readonly ArmSums[] | null, arms: readonly string[]): AbProblem[] {
  const [versus, ...others] = arms.map((arm) => labelled?.find((sums) => sums.arm === arm));
  if (versus === undefined) return [];
  return others.flatMap((other) => {
    if (other === undefined || Math.min(versus.units, other.units) < 100) return [];
    const effect = absoluteEffect(
      momentsOfShare({ n: versus.units, hits: versus.units * toShare(versus) }),
      momentsOfShare({ n: other.units, hits: other.units * toShare(other) }),
    );
    if (!(effect.standardError > 0) || asymptoticEvidence(effect).p > checkAlpha / others.length) return [];
    const message = `Labels have come for ${percent(toShare(other))} of the predictions of ${other.arm} and ${percent(toShare(versus))} of those of ${versus.arm}: what is labelled differs, so the metrics of labels compare different things.`;
    return [{ kind: "label_share", message } as const];
  });
}

function toShare({ n, sum }: ArmSums): number {
  return n === 0 ? 0 : sum / n;
}

interface Shown {
  readonly arms: readonly AbArm[];
  readonly problems: readonly AbProblem[];
  readonly metrics: readonly AbMetricReport[];
}

function toSummary({ arms, problems, metrics }: Shown): string {
  const [versus, ...others] = arms;
  const said = others.map(({ arm, version }) => {
    const of = (outcome: string) =>
      metrics
        .filter(({ comparisons }) => comparisons.some((each) => each.arm === arm && each.outcome === outcome))
        .map(({ metric }) => metric);
    const parts = [
      ...phrase("is better in", of("better")),
      ...phrase("is worse in", of("worse")),
      ...phrase("is not told apart in", of("undecided")),
      ...phrase("cannot be compared yet in", of("no_data")),
      ...phrase("could not be measured in", of("error")),
    ];
    return `Against version ${versus?.version} (${versus?.arm}), version ${version} (${arm}) ${parts.length === 0 ? "shows nothing yet" : listed(parts)}.`;
  });
  const doubt = problems.length === 0 ? [] : ["Do not trust this: what follows says why."];
  return [...doubt, ...said].join(" ");
}

function phrase(words: string, metrics: readonly string[]): string[] {
  return metrics.length === 0 ? [] : [`${words} ${listed(metrics)}`];
}
