import { createHash } from "node:crypto";
import { toSlices } from "../profiles/slices.ts";
import type { MonitorSettings } from "../settings.ts";
import type { CustomInput, CustomOutput } from "./custom-task.ts";
import type { MeasuredWindow, MeasureInput, MeasureOutput, VersionPlan, VersionQuestion } from "./measure-plan.ts";
import { outputsOf } from "./outputs-of.ts";
import type { KnownReference, PerformanceDeps } from "./performance-deps.ts";
import type { PerformanceWindow } from "./performance-window.ts";
import type { PerformanceStore } from "./store.ts";

export interface Measuring {
  readonly endpoint: string;
  readonly settings: MonitorSettings;
  /** Windows that ended at this time or earlier. */
  readonly until: number;
  readonly now: number;
  /** Windows of one call. */
  readonly most: number;
}

export interface Measured {
  /** Every slice of every window that has changed. */
  readonly windows: readonly PerformanceWindow[];
  readonly more: boolean;
  /** The versions that were looked at, and by which reference. */
  readonly versions: readonly LookedAt[];
}

export interface LookedAt extends VersionQuestion {
  /** Null: there was none. */
  readonly reference: string | null;
}

const ending = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const measureTask = new URL(`./measure-task${ending}`, import.meta.url);
const customTask = new URL(`./custom-task${ending}`, import.meta.url);
const measureMs = 600_000;
const customMs = 30_000;
/** Changes where the same rows give other figures. */
const format = 1;

type MeasuringDeps = Pick<PerformanceDeps, "lake" | "findSignature" | "findReference"> & {
  readonly store: PerformanceStore;
};

/** Measures the windows of an endpoint that are not stored as they are now, in the processes of the lake. */
export function createMeasuring(deps: MeasuringDeps): (measuring: Measuring) => Promise<Measured> {
  const { lake } = deps;

  async function runCustom(endpoint: string, settings: MonitorSettings, window: MeasuredWindow): Promise<CustomOutput> {
    const metrics = Object.fromEntries(Object.entries(settings.metrics).map(([name, { sql }]) => [name, sql]));
    if (Object.keys(metrics).length === 0) return {};
    const { model, version, from, to } = window;
    const input: CustomInput = { model, version, from, to, metrics };
    try {
      return await lake.readViews<CustomOutput>({ endpoint }, { module: customTask, input }, { timeoutMs: customMs });
    } catch (error) {
      const failed = { value: null, error: error instanceof Error ? error.message : String(error) };
      return Object.fromEntries(Object.keys(metrics).map((name) => [name, failed]));
    }
  }

  return async ({ endpoint, settings, until, now, most }) => {
    const input: MeasureInput = { windowMs: settings.windowMs, until, now, most };
    const versions: LookedAt[] = [];
    const onAsk = async (question: unknown) => {
      const asked = question as VersionQuestion;
      const reference = await deps.findReference({ endpoint, ...asked });
      versions.push({ ...asked, reference: reference?.id ?? null });
      return toPlan(deps, { endpoint, ...asked, settings, reference });
    };
    const task = { module: measureTask, input };
    const output = await lake.readViews<MeasureOutput>({ endpoint }, task, { timeoutMs: measureMs, onAsk });
    const windows: PerformanceWindow[] = [];
    for (const window of output.windows) {
      const { model, version, from, to, fingerprint, slices } = window;
      const custom = await runCustom(endpoint, settings, window);
      for (const each of slices)
        windows.push({
          ...each,
          watched: { endpoint, model, version },
          window: { from, to },
          custom: each.slice === "" ? custom : {},
          fingerprint,
          computedAt: now,
        });
    }
    return { windows, more: output.more, versions };
  };
}

interface Planning extends VersionQuestion {
  readonly endpoint: string;
  readonly settings: MonitorSettings;
  readonly reference: KnownReference | null;
}

/** Null where there never was such a version. */
async function toPlan(
  deps: MeasuringDeps,
  { endpoint, model, version, settings, reference: known }: Planning,
): Promise<VersionPlan | null> {
  const watched = { endpoint, model, version };
  const signature = await deps.findSignature(model, version);
  if (signature === null) return null;
  const { labels, cost, groups, metrics, windowMs } = settings;
  const plan = {
    outputs: outputsOf(signature),
    positive: labels.positive,
    cost,
    slices: toSlices(settings.slices, known?.profile ?? null),
    groups,
    maturity: labels.maturity,
    horizonMs: labels.horizonMs,
    missing: labels.missing,
  };
  const told = JSON.stringify([format, plan, metrics, known?.id ?? null]);
  return {
    ...plan,
    estimator: known?.estimator ?? null,
    salt: createHash("sha256").update(told).digest("hex").slice(0, 16),
    known: await deps.store.listKnown(watched, windowMs),
  };
}
