import type { Reading } from "./server-figures.ts";

const patienceMs = 10_000;

/** What the server says of itself now; null where it does not, or not to this token. */
export async function readServer(url: string, token: string | undefined): Promise<Reading> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(patienceMs) });
    const text = await response.text();
    return { text: response.ok ? text : null, at: performance.now() };
  } catch {
    return { text: null, at: performance.now() };
  }
}
