import { normalTail } from "@slipway/statistics";
import type { Calibration, ColumnQuality, UsualShare } from "../drift/calibration.ts";
import { passing, type Finding, type Monitor } from "../finding.ts";
import type { ColumnProfile, Profile } from "../profiles/index.ts";
import type { MonitorSettings } from "../settings.ts";

export interface JudgeQualityInput {
  /** Null: there is no reference yet; then only what the settings bound, and what no column may have, is judged. */
  readonly reference: { readonly profile: Profile; readonly provisional: boolean } | null;
  readonly calibration: Pick<Calibration, "quality"> | null;
  readonly current: Profile;
  readonly settings: Pick<MonitorSettings, "quality"> & { readonly drift: { readonly minRows: number } };
  /** Default "", the whole traffic. */
  readonly slice?: string | undefined;
}

/** A share has to be over what is usual by this, and by more than chance explains. */
const leastExcess = 0.01;
/** One in 100,000: there are many columns and windows. */
const chance = 1e-5;
/** From this share on a window alone is an alarm. */
const criticalShare = 0.2;

interface Look {
  readonly monitor: Monitor;
  readonly metric: string;
  readonly count: number;
  readonly usual: UsualShare | null;
  readonly setting: number | null;
  readonly words: string;
}

/** What is wrong with the values of a window: missing, of no type, out of range, unseen, all the same; requests that do not fit. Pure. */
export function judgeQuality(input: JudgeQualityInput): Finding[] {
  const { current, calibration, settings } = input;
  const usual = new Map(calibration?.quality.map((each) => [each.name, each]));
  const ofColumns = current.columns.flatMap((column) => {
    if (column.count === 0) return [];
    const quality = usual.get(column.name) ?? null;
    const looks = looksAt(column, quality, settings.quality);
    return [...looks.map((look) => judgeShare(column, look, input)), ...judgeConstant(column, quality, input)];
  });
  return [...ofColumns, ...judgeSchema(input)];
}

/** Fewer are a caller who tries something. */
const fewestRefused = 5;
const mostRefused = 0.05;

/** Requests that were refused because their records are not what the signature asks for; of slices nobody knows them. */
function judgeSchema({ current, slice = "", settings }: JudgeQualityInput): Finding[] {
  const { requests, errorCodes } = current;
  const refused = errorCodes.get("invalid_input") ?? 0;
  if (slice !== "" || (refused === 0 && requests < settings.drift.minRows)) return [];
  const share = requests === 0 ? 0 : refused / requests;
  return [
    {
      ...passing("quality.schema"),
      metric: "refused_share",
      verdict: refused >= fewestRefused && share > mostRefused ? "fail" : "pass",
      severity: share >= criticalShare ? "critical" : "warning",
      value: share,
      threshold: mostRefused,
      rows: requests,
      message: `${refused} of ${requests} requests were refused: their records are not what the signature asks for.`,
    },
  ];
}

function looksAt(column: ColumnProfile, quality: ColumnQuality | null, settings: MonitorSettings["quality"]): Look[] {
  const { kind, missing, invalid, infinite, outOfRange, unseen } = column;
  const looks: Look[] = [
    {
      monitor: "quality.missing",
      metric: "missing_share",
      count: missing,
      usual: quality?.missing ?? null,
      setting: settings.missing,
      words: "missing",
    },
    {
      monitor: "quality.type",
      metric: "invalid_share",
      count: invalid + infinite,
      usual: { share: 0, most: 0, rows: 0 },
      setting: null,
      words: "no finite numbers",
    },
  ];
  if (kind === "number") {
    const words = "out of range";
    const known = quality?.outOfRange ?? null;
    looks.push({
      monitor: "quality.range",
      metric: "out_of_range_share",
      count: outOfRange,
      usual: known,
      setting: settings.range,
      words,
    });
  } else {
    const words = "values that the reference does not have";
    const known = quality?.unseen ?? null;
    looks.push({
      monitor: "quality.unseen",
      metric: "unseen_share",
      count: unseen,
      usual: known,
      setting: settings.unseen,
      words,
    });
  }
  // A text is never of the wrong type: it would not have been answered.
  return kind === "number" ? looks : looks.filter(({ monitor }) => monitor !== "quality.type");
}

function judgeShare(column: ColumnProfile, look: Look, input: JudgeQualityInput): Finding {
  const { monitor, metric, count, usual, setting, words } = look;
  const rows = column.count;
  const share = count / rows;
  const finding = {
    ...blank(monitor, column, input),
    metric,
    value: round(share),
    rows,
    referenceRows: usual?.rows ?? null,
  };
  if (setting === null && (usual === null || rows < input.settings.drift.minRows)) {
    const why =
      usual === null ? "there is no reference to hold them against" : `${input.settings.drift.minRows} rows are needed`;
    return {
      ...finding,
      verdict: "insufficient",
      message: `${column.name}: ${percent(share)} of ${rows} values are ${words}; ${why}.`,
    };
  }
  const limit = setting ?? usualLimit(usual!, rows);
  const p = setting === null ? shareChance(count, rows, usual!) : null;
  const fails = share > limit;
  const bound =
    setting === null
      ? `${percent(usual!.share)} in the reference, at most ${percent(limit)} is usual`
      : `at most ${percent(limit)} is allowed`;
  return {
    ...finding,
    verdict: fails ? "fail" : "pass",
    severity: share >= Math.max(criticalShare, 2 * limit) ? "critical" : "warning",
    threshold: round(limit),
    p: p === null ? null : round(p),
    effect: round(Math.max(0, share - (usual?.share ?? 0))),
    message: `${column.name}: ${percent(share)} of ${rows} values are ${words}; ${bound}.`,
  };
}

/**
 * The greatest share of a block, and on top what the chance of rows adds in a window and in the reference (the normal tail of both
 * together, three values at the least), one point at the least.
 */
function usualLimit({ most, rows: referenceRows }: UsualShare, rows: number): number {
  return Math.min(1, most + Math.max(leastExcess, deviations * deviationOf(most, rows, referenceRows), 3 / rows));
}

/** Of a normal law with this chance beyond. */
const deviations = 4.2649;

function shareChance(count: number, rows: number, { most, rows: referenceRows }: UsualShare): number {
  return Math.max(chance * 1e-3, normalTail((count / rows - most) / deviationOf(most, rows, referenceRows)));
}

function deviationOf(share: number, rows: number, referenceRows: number): number {
  const smoothed = (share * referenceRows + 1) / (referenceRows + 2);
  return Math.sqrt(smoothed * (1 - smoothed) * (1 / rows + (referenceRows === 0 ? 0 : 1 / referenceRows)));
}

function judgeConstant(column: ColumnProfile, quality: ColumnQuality | null, input: JudgeQualityInput): Finding[] {
  const { moments, frequent, count, missing } = column;
  const values = count - missing;
  if (quality === null || quality.constant || column.role === "output" || values < input.settings.drift.minRows)
    return [];
  const only =
    moments === null
      ? frequent?.counts.size === 1
        ? [...frequent.counts.keys()][0]!
        : null
      : moments.min === moments.max
        ? moments.min
        : null;
  return [
    {
      ...blank("quality.constant", column, input),
      metric: "distinct",
      verdict: only === null ? "pass" : "fail",
      severity: "warning",
      rows: values,
      message:
        only === null
          ? `${column.name} has more than one value.`
          : `${column.name} has the value ${JSON.stringify(only)} in all ${values} rows of this window; in the reference it varies.`,
    },
  ];
}

function blank(monitor: Monitor, { name }: ColumnProfile, { slice = "", reference }: JudgeQualityInput): Finding {
  return { ...passing(monitor), slice, column: name, provisional: reference?.provisional ?? false };
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}

function round(value: number): number {
  return Number(value.toPrecision(6));
}
