import { execFile, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { RequestSpec } from "../../packages/cli/src/loadtest/http-connection.ts";
import { readCpuUs } from "../lib/process-usage.ts";
import { pinTo } from "../lib/pin.ts";

export interface WrkReport {
  readonly perSecond: number;
  readonly requests: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers that were not 2xx or 3xx, and broken or late connections. */
  readonly failed: number;
}

export interface WrkOrder {
  readonly url: string;
  readonly request: RequestSpec;
  readonly connections: number;
  readonly seconds: number;
  /** A folder for the script. */
  readonly room: string;
  readonly pids: readonly number[];
}

let there: boolean | null = null;

export function hasWrk(): boolean {
  there ??= spawnSync("wrk", ["-v"]).error === undefined;
  return there;
}

/** A closed loop by wrk on core 1. @returns what it said, and CPU time of the server a request in microseconds */
export async function runWrk(order: WrkOrder): Promise<WrkReport & { readonly cpuUs: number }> {
  const { url, request, connections, seconds, room, pids } = order;
  const script = join(room, "wrk.lua");
  writeFileSync(join(room, "body"), request.body ?? "");
  writeFileSync(script, toScript(request, join(room, "body")));
  const args = ["-t", "1", "-c", String(connections), "-d", `${seconds}s`, "--timeout", "10s", "--latency"];
  const [command, ...words] = [...pinTo(1), "wrk", ...args, "-s", script, url + request.path];
  const before = readCpuUs(pids);
  const { stdout } = await promisify(execFile)(command, words);
  const cpuUs = readCpuUs(pids) - before;
  const report = parseWrk(stdout);
  return { ...report, cpuUs: cpuUs / Math.max(1, report.requests) };
}

function toScript({ method, headers = {}, body }: RequestSpec, file: string): string {
  const all = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers };
  const lines = Object.entries(all).map(([name, value]) => `wrk.headers[${quote(name)}] = ${quote(value)}`);
  return [
    `wrk.method = ${quote(method)}`,
    ...lines,
    `local file = io.open(${quote(file)}, "rb")`,
    'wrk.body = file:read("*a")',
    "file:close()",
  ].join("\n");
}

/** Lua's texts know JSON's escapes for what stands in a header or a path. */
function quote(text: string): string {
  return JSON.stringify(text);
}

const units: Readonly<Record<string, number>> = { us: 1, ms: 1_000, s: 1_000_000, m: 60_000_000 };

export function parseWrk(text: string): WrkReport {
  const require = (pattern: RegExp, what: string): RegExpExecArray => {
    const match = pattern.exec(text);
    if (match === null) throw new Error(`wrk said nothing of ${what}:\n${text}`);
    return match;
  };
  const percentile = (percent: number): number => {
    const [, value, unit = ""] = require(new RegExp(
      `^\\s+${percent}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`,
      "m",
    ), `${percent}%`);
    return Number(value) * (units[unit] ?? Number.NaN);
  };
  const answers = /^\s*Non-2xx or 3xx responses: (\d+)$/m.exec(text)?.[1] ?? 0;
  const errors =
    /^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)$/m.exec(text)?.slice(1) ?? [];
  return {
    perSecond: Number(require(/^Requests\/sec:\s+([\d.]+)$/m, "requests a second")[1]),
    requests: Number(require(/^\s*(\d+) requests in /m, "requests")[1]),
    p50Us: percentile(50),
    p99Us: percentile(99),
    failed: [answers, ...errors].reduce<number>((sum, each) => sum + Number(each), 0),
  };
}
