import type { Monitoring, Watched } from "../../monitoring/index.ts";
import { countSlower } from "../../monitoring/index.ts";

type Minute = Awaited<ReturnType<Monitoring["profiles"]["listMinutes"]>>[number];

/** How an endpoint is asked now, and how often what happens. */
export interface PresentTraffic {
  /** Milliseconds since 1970: what the pace is from. */
  readonly from: number;
  readonly to: number;
  readonly requests: number;
  readonly rows: number;
  readonly requestsPerSecond: number;
  readonly rowsPerSecond: number;
  /** Of the version that serves, of a day at most. */
  readonly serving: {
    readonly requests: number;
    readonly errors: number;
    readonly refused: number;
    readonly fallbacks: number;
    /** By `latencyEdges`. */
    readonly latency: readonly number[];
  };
  /** Of the labels of the version that serves; null: there are none, or its answers are no classes. */
  readonly labels: {
    readonly wrong: number;
    readonly rows: number;
    readonly perSecond: number;
    readonly delayMs: number;
  } | null;
}

export type PresentDeps = Pick<Monitoring, "profiles" | "performance" | "settingsOf">;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A minute's buckets are parsed on the event loop: not too many at a time. */
const chunkMs = 6 * hourMs;
const dayMs = 24 * hourMs;
const mostLabelWindows = 168;

/** Null: it was not asked in the last day, or is not watched. */
export async function readPresentTraffic(
  monitoring: PresentDeps,
  watched: Watched,
  now: number,
): Promise<PresentTraffic | null> {
  const minutes: Minute[] = [];
  for (let from = now - dayMs; from < now; from += chunkMs) {
    const to = Math.min(from + chunkMs, now + minuteMs);
    minutes.push(...(await monitoring.profiles.listMinutes({ endpoint: watched.endpoint, from, to })));
  }
  if (minutes.length === 0) return null;
  const lately = minutes.filter(({ minute }) => minute >= now - hourMs);
  const counted = lately.length > 0 ? lately : minutes;
  const from = Math.min(counted[0]!.minute, now - minuteMs);
  const [requests, rows] = [total(counted, "requests"), total(counted, "rows")];
  const seconds = (now - from) / 1000;
  const own = minutes.filter(({ model, version }) => model === watched.model && version === watched.version);
  return {
    from,
    to: now,
    requests,
    rows,
    requestsPerSecond: requests / seconds,
    rowsPerSecond: rows / seconds,
    serving: {
      requests: total(own, "requests"),
      errors: total(own, "errors"),
      refused: total(own, "refused"),
      fallbacks: total(own, "fallbacks"),
      latency: own.reduce<readonly number[]>((sum, { latency }) => latency.map((n, i) => n + (sum[i] ?? 0)), []),
    },
    labels: await readLabels(monitoring, watched),
  };
}

function total(minutes: readonly Minute[], of: "requests" | "rows" | "errors" | "refused" | "fallbacks"): number {
  return minutes.reduce((sum, minute) => sum + minute[of], 0);
}

async function readLabels(
  { performance, settingsOf }: PresentDeps,
  watched: Watched,
): Promise<PresentTraffic["labels"]> {
  const settings = settingsOf(watched.endpoint);
  if (settings === null) return null;
  const { windowMs } = settings;
  const query = { watched, windowMs, slice: "", order: "newest", limit: mostLabelWindows } as const;
  const windows = (await performance.list(query)).filter(({ realised }) => realised["accuracy"] !== undefined);
  const [newest, oldest] = [windows[0], windows.at(-1)];
  if (newest === undefined || oldest === undefined) return null;
  let [wrong, rows] = [0, 0];
  for (const { realised } of windows) {
    const accuracy = realised["accuracy"]!;
    wrong += (1 - accuracy.value) * accuracy.rows;
    rows += accuracy.rows;
  }
  if (rows === 0) return null;
  const seconds = (newest.window.to - oldest.window.from) / 1000;
  return { wrong: wrong / rows, rows, perSecond: rows / seconds, delayMs: settings.labels.horizonMs ?? 0 };
}

export function shareSlower(latency: readonly number[], budgetMs: number): number {
  const all = latency.reduce((sum, n) => sum + n, 0);
  return all === 0 ? 0 : countSlower(latency, budgetMs) / all;
}
