import { errorTable, type ErrorCode } from "@slipway/contract";
import { isCallersError } from "../../../kernel/is-callers-error.ts";
import type { LossQuestion, OutputsQuestion } from "../../report/ab-task-input.ts";
import { outputsFor, toLossPlan } from "../../report/loss-plan.ts";
import type { Rollout } from "../../rollout.ts";
import type { RolloutSpec } from "../../spec.ts";
import type { Stored } from "../counters/counter-tasks.ts";
import type { EvidenceDeps } from "../evidence-source.ts";
import type { RowsInput, RowsOutput } from "./rows-input.ts";

/** What the lake said last of a rollout. */
export interface Looked {
  /** What it last answered. Null: it has not yet. */
  readonly output: RowsOutput | null;
  /** Why it could not when it was last asked. */
  readonly error: string | null;
  /** When it was last asked, of those times that have come to an end; null: none has. */
  readonly at: number | null;
}

export interface Rows {
  /** What is known now; where that is old it is looked at again, which nobody waits for. Null: no metric of the rollout needs it. */
  look(rollout: Rollout, stored: Pick<Stored, "startedAt">): Looked | null;
  /** Resolves when nothing is looked at. */
  settled(): Promise<void>;
  forget(rollout: string): void;
  close(): void;
}

export type RowsDeps = Pick<EvidenceDeps, "lake" | "settingsOf" | "findSignature" | "clock" | "logger">;

const module = new URL(`./rows-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const taskMs = 120_000;
/** With the time until the log is in the lake. What is shown is so never older than this and the longest rest. */
const patienceMs = 180_000;
const oftenMs = 2_000;
const seldomMs = 60_000;
/** A look takes a part of the time at most. */
const restFactor = 5;
/** Of a rollout's age: one that lasts for days is not looked at every few seconds. */
const ageFactor = 20;
/** A look that took long because a process had to be started does not delay what has just begun. */
const patientFactor = 5;
const youngMs = 4_000;

const codes = Object.keys(errorTable) as ErrorCode[];
const callersCodes = codes.filter(isCallersError);
const noRoomCodes = ["deadline_exceeded", "overloaded", "shutting_down", "cancelled"];

interface State {
  looked: Looked;
  running: Promise<void> | null;
  nextAt: number;
}

/** Asks the lake about rollouts, each at most once at a time and the less often the longer it takes. */
export function createRows(deps: RowsDeps): Rows {
  const { clock, logger } = deps;
  const states = new Map<string, State>();
  const end = new AbortController();

  async function ask(rollout: Rollout, state: State, stored: Pick<Stored, "startedAt">): Promise<void> {
    const { startedAt } = stored;
    const from = clock.monotonic();
    const now = clock.now();
    const input = toInput(deps, { rollout, stored, now });
    try {
      const output = await inTime(deps, end.signal, (signal) => measure(deps, { rollout, input, signal }));
      state.looked = { output, error: null, at: now };
    } catch (error) {
      if (end.signal.aborted) return;
      const message = error instanceof Error ? error.message : String(error);
      logger.warn({ rollout: rollout.id, error }, "rows of a rollout could not be looked at; it is tried again");
      state.looked = { output: state.looked.output, error: message, at: now };
    }
    state.nextAt = clock.monotonic() + restOf(clock.monotonic() - from, now - startedAt);
  }

  return {
    look(rollout, stored) {
      if (!needsRows(rollout.spec)) return null;
      let state = states.get(rollout.id);
      if (state === undefined) {
        state = {
          looked: { output: null, error: null, at: null },
          running: null,
          nextAt: Number.NEGATIVE_INFINITY,
        };
        states.set(rollout.id, state);
      }
      const known = state;
      if (known.running === null && clock.monotonic() >= known.nextAt && !end.signal.aborted)
        known.running = ask(rollout, known, stored).finally(() => (known.running = null));
      return known.looked;
    },
    async settled() {
      for (const { running } of states.values()) await running;
    },
    forget: (rollout) => void states.delete(rollout),
    close: () => end.abort(),
  };
}

/** @throws Error where it takes too long, whatever it is that hangs */
async function inTime<T>(
  { clock }: RowsDeps,
  closed: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, closed]);
  let isDone = false;
  const late = clock.sleep(patienceMs, signal).then(() => {
    if (!isDone) throw new Error(`it took longer than ${patienceMs / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    return (await Promise.race([work(signal), late])) as T;
  } finally {
    isDone = true;
    over.abort();
  }
}

/** How long to wait for the next look. */
function restOf(tookMs: number, ageMs: number): number {
  const wanted = Math.max(restFactor * tookMs, ageMs / ageFactor, oftenMs);
  return Math.min(wanted, Math.max(youngMs, ageMs / patientFactor), seldomMs);
}

function listMetrics({ goal, guardrails, signals, limits, observe }: RolloutSpec) {
  return [...(goal === null ? [] : [goal]), ...guardrails, ...signals, ...limits, ...observe];
}

function needsRows(spec: RolloutSpec): boolean {
  const needs = listMetrics(spec).some(({ source }) => source.kind === "label" || source.kind === "sql");
  return needs || hasShadow(spec);
}

export function hasShadow({ steps }: RolloutSpec): boolean {
  return steps.some(({ kind }) => kind === "shadow");
}

interface Asked {
  readonly rollout: Rollout;
  readonly stored: Pick<Stored, "startedAt">;
  readonly now: number;
}

function toInput({ settingsOf }: RowsDeps, { rollout, stored: { startedAt }, now }: Asked): RowsInput {
  const settings = settingsOf(rollout.endpoint)?.labels;
  const horizonMs = settings?.horizonMs ?? null;
  const sources = listMetrics(rollout.spec).map(({ source }) => source);
  const labels = sources.filter((source) => source.kind === "label").map(({ metric }) => metric);
  return {
    model: rollout.model,
    from: rollout.from,
    to: rollout.to,
    since: startedAt,
    dueBefore: horizonMs === null ? now + 1 : now - horizonMs,
    // Without a horizon it may still come.
    missing: horizonMs === null ? null : (settings?.missing ?? null),
    labels: [...new Set(labels)],
    sql: [...new Set(sources.filter((source) => source.kind === "sql").map(({ sql }) => sql))],
    control: rollout.spec.control === "equal" ? "control" : "champion",
    hasShadow: hasShadow(rollout.spec),
    callersCodes,
    noRoomCodes,
  };
}

interface Order {
  readonly rollout: Rollout;
  readonly input: RowsInput;
  readonly signal: AbortSignal;
}

async function measure(
  { lake, findSignature, settingsOf }: RowsDeps,
  { rollout: { endpoint, model }, input, signal }: Order,
): Promise<RowsOutput> {
  const answer = async (asked: unknown): Promise<unknown> => {
    const { outputsOf: version } = asked as Partial<OutputsQuestion>;
    if (version !== undefined) return outputsFor(await findSignature(model, version));
    const question = asked as LossQuestion;
    const positive = settingsOf(endpoint)?.labels.positive ?? null;
    return toLossPlan(question, await findSignature(model, question.version), positive);
  };
  await lake.flush();
  return lake.readViews<RowsOutput>(
    { endpoint, since: input.since },
    { module, input },
    { timeoutMs: taskMs, onAsk: answer, signal },
  );
}
