import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Source, Sources } from "../../platform/lake/sources/source.ts";
import type { Operation, Operations } from "../../platform/queue/index.ts";
import { toImportResult, labelSubject, type BulkLabels } from "./label-imports.ts";
import type { ImportOutput } from "./label-tasks.ts";
import { writePull, type LabelStore, type PullState } from "./store.ts";

/** `labels.sql` of an endpoint. */
export interface PullSettings {
  readonly source: string;
  readonly query: string;
  readonly everyMs: number;
}

export interface ScheduledPull {
  readonly endpoint: string;
  readonly settings: PullSettings;
}

export interface LabelPulls {
  /** Starts an operation that pulls now. @throws SlipwayError `precondition_failed` where the server knows no such source */
  pull(endpoint: string, settings: PullSettings): Promise<Operation>;
  /** How far it is; null before the first pull from this source with this query. */
  find(endpoint: string, settings: PullSettings): Promise<PullState | null>;
  /** Pulls what is due from now on. */
  start(list: () => readonly ScheduledPull[]): void;
  /** Ends what runs; nothing of it is kept. */
  stop(): Promise<void>;
}

export interface LabelPullDeps {
  readonly bulk: BulkLabels;
  readonly store: LabelStore;
  readonly operations: Operations;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly logger: Logger;
}

const tickMs = 1_000;

interface PullOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

export function createLabelPulls(deps: LabelPullDeps): LabelPulls {
  const { bulk, store, operations, sources, clock, logger } = deps;
  const stopping = new AbortController();
  const running = new Map<string, Promise<unknown>>();
  /** When an endpoint is due, for these settings. */
  const due = new Map<string, { readonly settings: string; readonly at: number }>();
  let stopTimer = () => {};

  async function find(endpoint: string, { source, query }: PullSettings): Promise<PullState | null> {
    const state = await store.findPull(endpoint);
    return state?.source === source && state.query === query ? state : null;
  }

  async function run(endpoint: string, settings: PullSettings, options: PullOptions): Promise<ImportOutput> {
    const { source: name, query, everyMs } = settings;
    const at = clock.now();
    const before = await find(endpoint, settings);
    const about = { endpoint, source: name, query, lastAt: at, nextAt: at + everyMs };
    try {
      const given = { source: requireSource(sources, name), query: withSince(query, before?.watermark ?? null) };
      const origin = { kind: "source", ...given } as const;
      // A row whose truth is not known yet is usual in a table, and no reason to leave the others out.
      const work = { origin, columns: {}, source: name, ambiguous: "none", skipBad: true } as const;
      return await bulk(endpoint, work, {
        ...options,
        within: async (trx, output) => {
          const watermark = Math.max(output.watermark ?? 0, before?.watermark ?? 0) || null;
          const { rows: pulled, stored } = output;
          await writePull(trx, { ...about, watermark, pulled, stored, error: toRemark(output) });
        },
      });
    } catch (error) {
      const message = SlipwayError.is(error) ? error.message : "The pull failed; the server's log says why.";
      const { watermark = null, pulled = null, stored = null } = before ?? {};
      if (!stopping.signal.aborted) await store.savePull({ ...about, watermark, pulled, stored, error: message });
      throw error;
    } finally {
      due.delete(endpoint);
    }
  }

  async function isDue({ endpoint, settings }: ScheduledPull): Promise<boolean> {
    const text = JSON.stringify(settings);
    if (due.get(endpoint)?.settings !== text) {
      const state = await find(endpoint, settings);
      // A schedule that became shorter holds at once.
      const at = state === null ? 0 : Math.min(state.nextAt, (state.lastAt ?? 0) + settings.everyMs);
      due.set(endpoint, { settings: text, at });
    }
    return clock.now() >= due.get(endpoint)!.at;
  }

  async function pullIfDue(scheduled: ScheduledPull): Promise<void> {
    const { endpoint, settings } = scheduled;
    try {
      if (await isDue(scheduled)) await run(endpoint, settings, { signal: stopping.signal, onProgress: () => {} });
    } catch (error) {
      if (!stopping.signal.aborted) logger.warn({ endpoint, source: settings.source, error }, "pulling labels failed");
    }
  }

  return {
    find,
    async pull(endpoint, settings) {
      requireSource(sources, settings.source);
      return operations.start("labels.pull", labelSubject(endpoint), async ({ signal, progress }) => {
        const onProgress = (message: string) => progress("pull", message);
        return toImportResult(endpoint, await run(endpoint, settings, { signal, onProgress }));
      });
    },
    start(list) {
      stopTimer = clock.every(tickMs, () => {
        for (const scheduled of list()) {
          const { endpoint } = scheduled;
          if (running.has(endpoint)) continue;
          const done = pullIfDue(scheduled).finally(() => running.delete(endpoint));
          running.set(endpoint, done);
        }
      });
    },
    async stop() {
      stopTimer();
      stopping.abort(new SlipwayError("shutting_down", "The server is shutting down."));
      await Promise.all(running.values());
    },
  };
}

/** @throws SlipwayError `precondition_failed` */
function requireSource(sources: Sources, name: string): Source {
  const source = sources[name];
  if (source) return source;
  const known = Object.keys(sources);
  const there = known.length === 0 ? "it has none" : `it has: ${known.join(", ")}`;
  throw new SlipwayError(
    "precondition_failed",
    `The server's configuration has no source ${JSON.stringify(name)}; ${there}. Name it with SLIPWAY_SOURCE_${name.toUpperCase()} or under "sources".`,
    { source: name },
  );
}

/** `$since` is the newest time of observation so far as an SQL text, `$since_ms` the same in milliseconds since 1970. */
export function withSince(query: string, watermark: number | null): string {
  const at = watermark ?? 0;
  return query.replaceAll(/\$since_ms\b/g, String(at)).replaceAll(/\$since\b/g, `'${new Date(at).toISOString()}'`);
}

function toRemark({ skipped, rows, problems }: ImportOutput): string | null {
  if (skipped === 0) return null;
  const first = problems[0];
  return `${skipped} of ${rows} rows were left out; the first is row ${first?.line}: ${first?.message}.`;
}
