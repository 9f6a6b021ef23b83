import type { LogLines } from "@slipway/contract";
import { sleep, type CallOptions, type Transport } from "./transport.ts";

export type LogLine = LogLines["items"][number];

export interface LogFilter {
  /** Only lines about this endpoint or model. */
  readonly name?: string | undefined;
  /** This level and above. */
  readonly level?: "debug" | "info" | "warn" | "error" | undefined;
}

export interface LogOptions extends LogFilter, CallOptions {
  /** Lines, 200 by default. */
  readonly limit?: number | undefined;
}

export interface LogFollowOptions extends LogOptions {
  /** How long to wait between two looks, 1,000 ms by default. */
  readonly pollMs?: number;
}

/** Lines that one look takes in; more than these between two looks are lost. */
const mostLines = 1000;

export function listLogs(transport: Transport, options: LogOptions = {}): Promise<LogLines> {
  const { limit, name, level, ...call } = options;
  return transport.call({ method: "GET", path: "/api/v1/logs", query: { limit, name, level }, ...call });
}

/** The last `limit` lines, then new ones as they come, in pieces that are never empty; without an end. */
export async function* followLogs(
  transport: Transport,
  { limit = 200, pollMs = 1000, ...options }: LogFollowOptions = {},
): AsyncGenerator<readonly LogLine[], void, undefined> {
  let seen: readonly string[] | undefined;
  for (;;) {
    const { items } = await listLogs(transport, { ...options, limit: Math.max(mostLines, limit) });
    const texts = items.map((item) => JSON.stringify(item));
    const fresh = seen === undefined ? items.slice(-limit) : items.slice(items.length - countNew(seen, texts));
    if (texts.length > 0) seen = texts;
    else seen ??= [];
    if (fresh.length > 0) yield fresh;
    await sleep(pollMs, options.signal);
  }
}

/** How many of the `now` lines at the end stood after the `before` ones; all of them where the two have nothing in common. */
export function countNew(before: readonly string[], now: readonly string[]): number {
  for (let fresh = 0; fresh < now.length; fresh++) {
    const old = now.length - fresh;
    const common = Math.min(old, before.length);
    let same = 0;
    while (same < common && now[old - 1 - same] === before[before.length - 1 - same]) same++;
    if (same > 0 && same === common) return fresh;
  }
  return now.length;
}
