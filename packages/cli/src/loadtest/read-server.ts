import type { ModelStatistics, Reading } from "./server-figures.ts";

export interface ServerAddress {
  /** With the base path. */
  readonly url: string;
  readonly token: string | undefined;
  readonly endpoint: string;
  readonly pinned: number | null;
}

const patienceMs = 10_000;

/** What the server says of itself now; what it does not say, or not to this token, is null. */
export async function readServer({ url, token, endpoint, pinned }: ServerAddress): Promise<Reading> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const read = async (path: string): Promise<string | null> => {
    try {
      const response = await fetch(`${url}${path}`, { headers, signal: AbortSignal.timeout(patienceMs) });
      const text = await response.text();
      return response.ok ? text : null;
    } catch {
      return null;
    }
  };
  const version = pinned === null ? "" : `/versions/${pinned}`;
  const [metrics, statistics] = await Promise.all([
    read("/metrics"),
    read(`/v2/models/${encodeURIComponent(endpoint)}${version}/stats`),
  ]);
  return { metrics, statistics: parseStatistics(statistics), at: performance.now() };
}

function parseStatistics(text: string | null): ModelStatistics | null {
  try {
    const { model_stats: found } = JSON.parse(text ?? "{}") as { model_stats?: readonly ModelStatistics[] };
    return found?.[0] ?? null;
  } catch {
    return null;
  }
}
