import type { Endpoints } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { HeardWindow } from "../incidents/watch-state.ts";
import { pulse } from "../incidents/rules.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import { createRecentMinutes, minuteMs, type ReadMinutes } from "./recent-minutes.ts";
import { createSaturation } from "./saturation.ts";
import { toBurnFinding, toObjectives, toSaturationFindings, toStoppedFinding } from "./to-findings.ts";

export interface PulseDeps {
  readonly endpoints: Pick<Endpoints, "snapshot">;
  /** Of minutes of traffic, as the profiles' store has them. */
  readonly read: ReadMinutes;
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly hear: (windows: readonly HeardWindow[]) => Promise<void>;
  /** After each look: what time alone changes. */
  readonly tick: () => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Pulse {
  start(): void;
  stop(): Promise<void>;
  /** Looks at every version that serves, now. */
  look(): Promise<void>;
}

const tickMs = 5_000;

/**
 * Looks every minute at errors, latency, silence and saturation of what serves: none of them can wait for the end of a window. Where
 * windows are shorter than a minute, it looks as often as they end, every five seconds at most.
 */
export function createPulse({ endpoints, read, settingsOf, hear, tick, clock, logger }: PulseDeps): Pulse {
  const minutes = new Map<
    string,
    { readonly latencyMs: number | null; read: ReturnType<typeof createRecentMinutes> }
  >();
  const saturationOf = createSaturation();
  const lookedAt = new Map<string, number>();
  let running: Promise<void> | null = null;
  let stopTimer = () => {};
  let ended = false;

  function recentOf(watched: Watched, latencyMs: number | null) {
    const key = `${watched.endpoint}\n${watched.model}@${watched.version}`;
    const known = minutes.get(key);
    if (known && known.latencyMs === latencyMs) return known.read;
    const made = { latencyMs, read: createRecentMinutes(watched, { read, latencyMs }) };
    minutes.set(key, made);
    return made.read;
  }

  async function lookAt(route: Route, settings: MonitorSettings, now: number): Promise<HeardWindow | null> {
    const { endpoint, spec, loaded } = route;
    if (spec.target === null) return null;
    const watched = { endpoint, model: spec.target.model, version: spec.target.version };
    const latencyMs = settings.system.latencyMs ?? spec.serve.timeoutMs;
    const recent = await recentOf(watched, latencyMs)(now);
    const saturation = loaded && saturationOf(loaded, clock.monotonic());
    const stopped = toStoppedFinding(settings, recent, now);
    const findings = [
      ...toObjectives(settings, latencyMs).map((objective) => toBurnFinding(objective, recent)),
      ...(stopped === null ? [] : [stopped]),
      ...(saturation === null ? [] : toSaturationFindings(saturation)),
    ];
    const from = lookedAt.get(endpoint) ?? now - minuteMs;
    return {
      watched,
      window: { from: Math.min(from, now - 1), to: now },
      settings,
      verdicts: [{ judge: pulse, findings }],
    };
  }

  async function look(isForced: boolean): Promise<void> {
    for (const route of endpoints.snapshot().routes.values()) {
      const settings = settingsOf(route.endpoint);
      const now = clock.now();
      const everyMs = Math.min(minuteMs, settings?.windowMs ?? minuteMs);
      if (ended || settings === null || (!isForced && now - (lookedAt.get(route.endpoint) ?? 0) < everyMs)) continue;
      const heard = await lookAt(route, settings, now);
      lookedAt.set(route.endpoint, now);
      if (heard !== null) await hear([heard]);
    }
    await tick();
  }

  return {
    start() {
      stopTimer = clock.every(tickMs, () => {
        if (running !== null) return;
        running = look(false)
          .catch((error: unknown) => logger.error({ error }, "looking at what serves failed"))
          .finally(() => (running = null));
      });
    },
    async stop() {
      ended = true;
      stopTimer();
      await running;
    },
    look: () => look(true),
  };
}

type Route = ReturnType<Endpoints["snapshot"]>["routes"] extends ReadonlyMap<string, infer R> ? R : never;
