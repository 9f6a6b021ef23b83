import { openConnection, toRequestBytes, type HttpConnection, type RequestSpec } from "./http-connection.ts";
import { createRecorder, type LoadReport } from "./load-report.ts";

export interface Load {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Sent in turn. */
  readonly requests: readonly RequestSpec[];
  readonly connections: number;
  /** Measured time. */
  readonly durationMs: number;
  /** Time before it, which counts for nothing; 1 s. */
  readonly warmUpMs?: number;
}

export interface OpenLoad extends Load {
  readonly perSecond: number;
  /** Times between requests: all alike, or exponential (a Poisson process). */
  readonly arrivals?: "uniform" | "poisson";
  /** Of the Poisson times; 1. */
  readonly seed?: number;
}

/** Answers that have not come this long after the last request count as `unanswered`. */
const patienceMs = 5_000;
/** How near the next request has to be for the load to spin instead of sleeping. */
const spinMs = 2;

/**
 * Requests at a fixed rate, whatever the server does: each has an intended time, and its latency counts from then even
 * where it had to wait for a free connection. So a slow answer is not hidden by the requests that it held up.
 */
export async function openLoop(load: OpenLoad): Promise<LoadReport> {
  const { perSecond, durationMs, warmUpMs = 1_000 } = load;
  const recorder = createRecorder();
  const intended = new Map<HttpConnection, number>();
  const idle: HttpConnection[] = [];
  let waiting: number[] = [];
  let head = 0;
  const nextRequest = cycle(load);
  const start = performance.now() + 5;
  const measuredFrom = start + warmUpMs;
  const until = measuredFrom + durationMs;

  const sendAt = (connection: HttpConnection, at: number): void => {
    if (at >= measuredFrom && performance.now() - at > 1) recorder.lateSend();
    intended.set(connection, at);
    connection.send(nextRequest());
  };
  const connections = openConnections(load, (connection, outcome) => {
    const at = intended.get(connection) ?? start;
    intended.delete(connection);
    if (at >= measuredFrom) recorder.answer(outcome, (performance.now() - at) * 1_000);
    if (head < waiting.length) sendAt(connection, waiting[head++]!);
    else idle.push(connection);
  });
  idle.push(...connections);

  const gap = createGaps(load, 1_000 / perSecond);
  for (let at = start; at < until; at += gap()) {
    await reach(at);
    const connection = idle.pop();
    if (connection !== undefined) sendAt(connection, at);
    else waiting.push(at);
    if (head > 10_000) [waiting, head] = [waiting.slice(head), 0];
  }
  const patient = performance.now() + patienceMs;
  while ((intended.size > 0 || head < waiting.length) && performance.now() < patient) await sleep(5);
  for (const at of [...intended.values(), ...waiting.slice(head)])
    if (at >= measuredFrom) recorder.answer("unanswered", (performance.now() - at) * 1_000);
  for (const connection of connections) connection.close();
  return recorder.report(perSecond, durationMs / 1_000);
}

/** As many requests as the connections can carry, each sending the next one when it has its answer: the maximum. */
export async function closedLoop(load: Load): Promise<LoadReport> {
  const { durationMs, warmUpMs = 1_000 } = load;
  const recorder = createRecorder();
  const sentAt = new Map<HttpConnection, number>();
  const nextRequest = cycle(load);
  const measuredFrom = performance.now() + warmUpMs;
  const until = measuredFrom + durationMs;
  const send = (connection: HttpConnection): void => {
    sentAt.set(connection, performance.now());
    connection.send(nextRequest());
  };
  const connections = openConnections(load, (connection, outcome) => {
    const now = performance.now();
    if (now >= measuredFrom && now < until) recorder.answer(outcome, (now - (sentAt.get(connection) ?? now)) * 1_000);
    if (now >= until) return;
    // A refused connection answers at once; without a pause the loop would spin on it.
    if (typeof outcome === "string") setTimeout(send, 50, connection);
    else send(connection);
  });
  for (const connection of connections) send(connection);
  await sleep(until - performance.now());
  for (const connection of connections) connection.close();
  return recorder.report(null, durationMs / 1_000);
}

function openConnections(load: Load, onAnswer: Parameters<typeof openConnection>[1]): HttpConnection[] {
  const { hostname: host, port } = new URL(load.url);
  return Array.from({ length: load.connections }, () => openConnection({ host, port: Number(port) }, onAnswer));
}

function cycle(load: Load): () => Buffer {
  const { host } = new URL(load.url);
  const requests = load.requests.map((request) => toRequestBytes(host, request));
  let at = 0;
  return () => requests[at++ % requests.length]!;
}

function createGaps({ arrivals = "uniform", seed = 1 }: OpenLoad, meanMs: number): () => number {
  if (arrivals === "uniform") return () => meanMs;
  let state = seed >>> 0;
  return () => {
    // mulberry32: the same times for the same seed, so that two peers get the same load.
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    const uniform = ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
    return -Math.log(1 - uniform) * meanMs;
  };
}

async function reach(at: number): Promise<void> {
  for (let left = at - performance.now(); left > 0; left = at - performance.now())
    await (left > spinMs ? sleep(left - spinMs / 2) : new Promise<void>((resolve) => setImmediate(resolve)));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
