import { parseDuration, type ManifestMonitor } from "@slipway/contract";

export interface SliceSetting {
  /** Left out in the manifest: `COLUMN=VALUE` of each value, or `COLUMN=FROM..TO`. */
  readonly name: string | null;
  readonly column: string;
  /** Null: the most frequent of the reference, ten at most; with from or to: a range of numbers. */
  readonly values: readonly string[] | null;
  /** Inclusive. */
  readonly from: number | null;
  /** Exclusive. */
  readonly to: number | null;
}

export interface MetricBounds {
  readonly min: number | null;
  readonly max: number | null;
}

export interface DriftSettings {
  /** False alarms a window that are accepted, over all columns together. */
  readonly alpha: number;
  /** Smallest effect that matters; null: the default of each metric. */
  readonly effect: number | null;
  /** Fewer rows are `insufficient`. */
  readonly minRows: number;
  /** An alarm is k of the last m windows. */
  readonly k: number;
  readonly m: number;
  readonly ignore: readonly string[];
  readonly multivariate: boolean;
}

export interface MaintenanceSetting {
  /** `HH:MM` in UTC; to before from is the next day. */
  readonly from: string;
  readonly to: string;
  /** 0 is Sunday. */
  readonly days: readonly number[];
}

/** `monitor:` of `slipway.yaml` with everything that was left out. */
export interface MonitorSettings {
  readonly windowMs: number;
  readonly season: "none" | "hour_of_day" | "day_of_week" | "hour_of_week";
  /** Columns of the reference file. */
  readonly reference: { readonly time: string | null; readonly label: string | null };
  readonly slices: readonly SliceSetting[];
  /** Columns whose groups are compared with each other. */
  readonly groups: readonly string[];
  readonly drift: DriftSettings;
  /** The most that is allowed, shares of rows; null: learned from the reference. */
  readonly quality: { readonly missing: number | null; readonly unseen: number | null; readonly range: number | null };
  readonly labels: {
    /** After which a label does not come any more; null: unknown. */
    readonly horizonMs: number | null;
    /** Share of labelled predictions from which a window is final. */
    readonly maturity: number;
    /** What a label means that has not come by the horizon; null: nothing. */
    readonly missing: string | null;
    /** The positive class; null: the second of two. */
    readonly positive: string | null;
  };
  readonly performance: Readonly<Record<string, MetricBounds>>;
  /** Truth, prediction, value of such a prediction. */
  readonly cost: Readonly<Record<string, Readonly<Record<string, number>>>> | null;
  readonly metrics: Readonly<Record<string, MetricBounds & { readonly sql: string }>>;
  readonly system: {
    /** Slower answers are over budget; null: what the version's timeout allows. */
    readonly latencyMs: number | null;
    readonly latencyObjective: number;
    readonly errorObjective: number;
    /** Null: not watched. */
    readonly stoppedAfterMs: number | null;
  };
  readonly incidents: {
    /** Null: all channels of the server. */
    readonly channels: readonly string[] | null;
    readonly cooldownMs: number;
    /** Windows without a fail after which an incident is over. */
    readonly resolveAfter: number;
    readonly maintenance: readonly MaintenanceSetting[];
  };
}

const hourMs = 3_600_000;
const days = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Null: nothing is watched. */
export function toMonitorSettings(section: ManifestMonitor | "off"): MonitorSettings | null {
  if (section === "off") return null;
  const { drift, quality, labels, system, incidents, reference } = section;
  const [k = 2, m = 3] = drift?.windows?.split(" of ").map(Number) ?? [];
  const windowMs = toMs(section.window, hourMs);
  return {
    windowMs,
    season: section.season ?? "none",
    reference: { time: reference?.time ?? null, label: reference?.label ?? null },
    slices: (section.slices ?? []).map(toSlice),
    groups: section.groups ?? [],
    drift: {
      alpha: drift?.alpha ?? 0.05,
      effect: drift?.effect ?? null,
      minRows: drift?.min_rows ?? 100,
      k,
      m,
      ignore: drift?.ignore ?? [],
      multivariate: drift?.multivariate ?? true,
    },
    quality: {
      missing: quality?.missing ?? null,
      unseen: quality?.unseen ?? null,
      range: quality?.range ?? null,
    },
    labels: {
      horizonMs: labels?.horizon === undefined ? null : parseDuration(labels.horizon),
      maturity: labels?.maturity ?? 0.8,
      missing: labels?.missing === undefined ? null : String(labels.missing),
      positive: labels?.positive === undefined ? null : String(labels.positive),
    },
    performance: mapValues(section.performance ?? {}, toBounds),
    cost: section.cost ?? null,
    metrics: mapValues(section.metrics ?? {}, (metric) => ({ sql: metric.sql, ...toBounds(metric) })),
    system: {
      latencyMs: system?.latency === undefined ? null : parseDuration(system.latency),
      latencyObjective: system?.latency_objective ?? 0.99,
      errorObjective: system?.error_objective ?? 0.999,
      stoppedAfterMs:
        system?.stopped_after === "off" ? null : toMs(system?.stopped_after, Math.max(hourMs, 3 * windowMs)),
    },
    incidents: {
      channels: incidents?.channels ?? null,
      cooldownMs: toMs(incidents?.cooldown, hourMs),
      resolveAfter: incidents?.resolve_after ?? 2,
      maintenance: (incidents?.maintenance ?? []).map((each) => ({
        from: each.from,
        to: each.to,
        days: (each.days ?? days).map((day) => days.indexOf(day)),
      })),
    },
  };
}

function toMs(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : parseDuration(text);
}

function toSlice(slice: NonNullable<ManifestMonitor["slices"]>[number]): SliceSetting {
  if (typeof slice === "string") return { name: null, column: slice, values: null, from: null, to: null };
  const { name, column, values, from, to } = slice;
  return { name: name ?? null, column, values: values?.map(String) ?? null, from: from ?? null, to: to ?? null };
}

function toBounds({ min, max }: { min?: number | undefined; max?: number | undefined }): MetricBounds {
  return { min: min ?? null, max: max ?? null };
}

function mapValues<In, Out>(record: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
