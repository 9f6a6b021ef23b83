import { get } from "../../../platform/outbox/index.ts";
import type { LimitSpec } from "../../spec.ts";
import type { Evidence } from "../../verdict.ts";
import type { EvidenceDeps } from "../evidence-source.ts";
import { findBroken } from "../judge-limit.ts";
import { toNumber } from "../words.ts";
import { readAnswer } from "./read-answer.ts";

export interface Prometheus {
  /** What the last answer says of the limit; where that is old it is asked again, which nobody waits for. */
  look(
    spec: LimitSpec,
    at: { readonly window: readonly [from: number, to: number]; readonly isEarly: boolean },
  ): Evidence;
  /** Resolves when nothing is asked. */
  settled(): Promise<void>;
  close(): void;
}

const everyMs = 15_000;
const patienceMs = 5_000;

interface State {
  /** Undefined: not answered yet. Null: there was nothing. */
  value: number | null | undefined;
  error: string | null;
  askedAt: number;
  running: Promise<void> | null;
}

/** Instant queries to Prometheus, each every 15 seconds while somebody looks. */
export function createPrometheus({ clock, allowPrivate }: Pick<EvidenceDeps, "clock" | "allowPrivate">): Prometheus {
  const states = new Map<string, State>();
  const end = new AbortController();

  async function ask(state: State, url: string, query: string): Promise<void> {
    state.askedAt = clock.monotonic();
    const patience = new AbortController();
    const stop = clock.after(patienceMs, () => patience.abort());
    try {
      const signal = AbortSignal.any([end.signal, patience.signal]);
      const answer = await get(toQueryUrl(url, query), {
        headers: { accept: "application/json" },
        allowPrivate,
        signal,
      });
      state.value = readAnswer(answer.status, answer.body);
      state.error = null;
    } catch (error) {
      const late = patience.signal.aborted ? `no answer within ${patienceMs / 1000} s` : null;
      state.error = late ?? (error instanceof Error ? error.message : String(error));
    } finally {
      stop();
    }
  }

  return {
    look(spec, { window, isEarly }) {
      if (spec.source.kind !== "prometheus") throw new TypeError(`${spec.name} is no query of Prometheus.`);
      const { url, query } = spec.source;
      const key = JSON.stringify([url, query]);
      const state = states.get(key) ?? {
        value: undefined,
        error: null,
        askedAt: Number.NEGATIVE_INFINITY,
        running: null,
      };
      states.set(key, state);
      if (state.running === null && clock.monotonic() - state.askedAt >= everyMs && !end.signal.aborted)
        state.running = ask(state, url, query).finally(() => (state.running = null));
      return toPrometheusEvidence(spec, { ...state, window, isEarly });
    },
    async settled() {
      for (const { running } of states.values()) await running;
    },
    close: () => end.abort(),
  };
}

function toQueryUrl(base: string, query: string): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  url.searchParams.set("query", query);
  return url;
}

interface Answered extends Pick<State, "value" | "error"> {
  readonly window: readonly [from: number, to: number];
  readonly isEarly: boolean;
}

function toPrometheusEvidence(spec: LimitSpec, { value, error, window, isEarly }: Answered): Evidence {
  const base = {
    metric: spec.name,
    role: "limit",
    arms: [],
    estimate: null,
    interval: null,
    eValue: null,
    p: null,
    alpha: null,
    window,
  } as const;
  if (error !== null)
    return {
      ...base,
      verdict: "error",
      message: `${spec.name} could not be asked of Prometheus: ${error.replace(/\.$/, "")}.`,
    };
  if (value === undefined || value === null)
    return {
      ...base,
      verdict: isEarly || value === undefined ? "inconclusive" : "no_data",
      message:
        value === undefined
          ? `${spec.name}: Prometheus has not answered yet.`
          : `${spec.name}: the query of Prometheus gives nothing. Is there traffic?`,
    };
  const broken = findBroken(spec, value, toNumber);
  return {
    ...base,
    verdict: broken === null ? "pass" : "fail",
    message: `${spec.name} is ${toNumber(value)} by Prometheus: ${broken ?? "within the limit"}.`,
    details: { value, min: spec.min, max: spec.max },
  };
}
