import { toRateArrivals, type Arrivals, type RateArrivals } from "./arrivals.ts";
import {
  openConnection,
  toRequestBytes,
  type HttpConnection,
  type HttpTarget,
  type OnAnswer,
  type RequestSpec,
} from "./http-connection.ts";
import { createRecorder, isGood, type LoadReport, type Recorder } from "./load-report.ts";

export interface Load {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Sent in turn. */
  readonly requests: readonly RequestSpec[];
  /** In place of them: each the bytes of a whole request. */
  readonly prepared?: readonly Uint8Array[] | undefined;
  /** How a connection is opened where it does not speak HTTP/1.1. */
  readonly connect?: typeof openConnection | undefined;
  /** Of an open loop: at most. */
  readonly connections: number;
  /** Measured time. */
  readonly durationMs: number;
  /** Time before it, which counts for nothing; 1 s. */
  readonly warmUpMs?: number;
  /** What an answer may take to count as good; without it every 2xx does. */
  readonly sloMs?: number | undefined;
  /** How long after the last request answers are waited for, before they count as `unanswered`; 5 s. Of an open loop. */
  readonly patienceMs?: number | undefined;
  /** Ends it before its time; what was measured until then is the report. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((live: LiveLoad) => void) | undefined;
}

export interface OpenLoad extends Load, Omit<RateArrivals, "warmUpMs"> {}

export interface ScheduledLoad extends Load {
  readonly schedule: Arrivals;
  /** What the schedule comes to, for the report. */
  readonly perSecond: number;
}

/** How far a load is. */
export interface LiveLoad {
  /** Of the measured time; below 0 in the warm-up. */
  readonly elapsedMs: number;
  readonly due: number;
  readonly answers: number;
  readonly failed: number;
  readonly waiting: number;
  readonly p99Us: number;
}

/** How near the next request has to be for the load to spin instead of sleeping. */
const spinMs = 2;
/** Opened before the load begins; the others when they are needed. */
const firstConnections = 64;
const progressMs = 200;
const mostMsAtOnce = 1;

/**
 * Requests at a fixed rate, whatever the server does: each has an intended time, and its latency counts from then even
 * where it had to wait for a free connection. So a slow answer is not hidden by the requests that it held up.
 */
export function openLoop(load: OpenLoad): Promise<LoadReport> {
  const { warmUpMs = 1_000 } = load;
  return scheduledLoop({ ...load, warmUpMs, schedule: toRateArrivals({ ...load, warmUpMs }) });
}

/** The same at any times. */
export async function scheduledLoop(load: ScheduledLoad): Promise<LoadReport> {
  const { schedule, durationMs, warmUpMs = 1_000, patienceMs = 5_000, signal } = load;
  const recorder = createRecorder(load.sloMs);
  const start = performance.now() + 5 + warmUpMs;
  const pool = openPool({ load, recorder, start, until: start + durationMs });
  const stopProgress = report(load, () => ({ ...recorder.live, waiting: pool.waiting, elapsedMs: sinceStart(start) }));
  try {
    let turnedAt = performance.now();
    for (const offset of schedule) {
      if (await reach(start + offset, signal)) turnedAt = performance.now();
      else if (performance.now() - turnedAt > mostMsAtOnce) {
        // Who is behind sends at once, and still has to hear the answers.
        await turn();
        turnedAt = performance.now();
      }
      if (signal?.aborted === true) break;
      pool.request(start + offset);
    }
    const seconds = Math.min(durationMs, Math.max(0, sinceStart(start))) / 1_000;
    const stopped = signal?.aborted === true;
    if (!stopped) await reach(start + durationMs, signal);
    await pool.drain(stopped ? patienceMs / 5 : patienceMs);
    const facts = { wantedPerSecond: load.perSecond, stopped };
    return recorder.report({ ...facts, seconds: stopped ? seconds : durationMs / 1_000 });
  } finally {
    stopProgress();
    pool.close();
  }
}

interface Pool {
  /** Sends one as soon as a connection is free. */
  request(at: number): void;
  /** Requests that have no answer yet. */
  readonly waiting: number;
  /** Waits for the answers, and gives up on those that do not come. */
  drain(patienceMs: number): Promise<void>;
  close(): void;
}

function openPool(setup: { load: Load; recorder: Recorder; start: number; until: number }): Pool {
  const { load, recorder, start, until } = setup;
  const underWay = new Map<HttpConnection, number>();
  const idle: HttpConnection[] = [];
  const all: HttpConnection[] = [];
  let waiting: number[] = [];
  let head = 0;
  const nextRequest = cycle(load);
  const target = toTarget(load.url);
  const { connect = openConnection } = load;

  const send = (connection: HttpConnection, at: number, free: boolean): void => {
    if (at >= start) recorder.send({ lateUs: (performance.now() - at) * 1_000, free });
    underWay.set(connection, at);
    connection.send(nextRequest());
  };
  const onAnswer: OnAnswer = (connection, outcome, refusal) => {
    const now = performance.now();
    const at = underWay.get(connection) ?? start;
    underWay.delete(connection);
    if (isGood(outcome) && now >= start && now < until) recorder.arrived();
    if (at >= start) recorder.answer(outcome, (now - at) * 1_000, refusal);
    if (head < waiting.length) send(connection, waiting[head++]!, false);
    else idle.push(connection);
    if (head > 10_000) [waiting, head] = [waiting.slice(head), 0];
  };
  const open = (): HttpConnection => {
    const connection = connect(target, onAnswer);
    all.push(connection);
    return connection;
  };
  while (all.length < Math.min(load.connections, firstConnections)) idle.push(open());
  return {
    request(at) {
      const connection = idle.pop() ?? (all.length < load.connections ? open() : undefined);
      if (connection === undefined) waiting.push(at);
      else send(connection, at, true);
    },
    get waiting() {
      return underWay.size + waiting.length - head;
    },
    async drain(patience) {
      const patient = performance.now() + patience;
      while ((underWay.size > 0 || head < waiting.length) && performance.now() < patient) await sleep(5);
      const now = performance.now();
      const unsent = waiting.slice(head);
      for (const at of unsent) if (at >= start) recorder.send({ lateUs: (now - at) * 1_000, free: false });
      for (const at of [...underWay.values(), ...unsent])
        if (at >= start) recorder.answer("unanswered", (now - at) * 1_000);
    },
    close: () => all.forEach((connection) => connection.close()),
  };
}

/** As many requests as the connections can carry, each sending the next one when it has its answer: the maximum. */
export async function closedLoop(load: Load): Promise<LoadReport> {
  const { durationMs, warmUpMs = 1_000, signal, connect = openConnection } = load;
  const recorder = createRecorder(load.sloMs);
  const sentAt = new Map<HttpConnection, number>();
  const nextRequest = cycle(load);
  const start = performance.now() + warmUpMs;
  const until = start + durationMs;
  const over = (now: number): boolean => now >= until || signal?.aborted === true;
  const send = (connection: HttpConnection): void => {
    sentAt.set(connection, performance.now());
    connection.send(nextRequest());
  };
  const target = toTarget(load.url);
  const connections = Array.from({ length: load.connections }, () =>
    connect(target, (connection, outcome, refusal) => {
      const now = performance.now();
      if (now >= start && !over(now)) {
        recorder.send({ lateUs: 0, free: true });
        recorder.answer(outcome, (now - (sentAt.get(connection) ?? now)) * 1_000, refusal);
        if (isGood(outcome)) recorder.arrived();
      }
      if (over(now)) return;
      // A refused connection answers at once; without a pause the loop would spin on it.
      if (typeof outcome === "string") setTimeout(send, 50, connection);
      else send(connection);
    }),
  );
  const live = () => ({ ...recorder.live, waiting: load.connections, elapsedMs: sinceStart(start) });
  const stopProgress = report(load, live);
  for (const connection of connections) send(connection);
  await sleep(until - performance.now(), signal);
  stopProgress();
  for (const connection of connections) connection.close();
  const stopped = signal?.aborted === true;
  const seconds = Math.max(0, stopped ? Math.min(durationMs, sinceStart(start)) : durationMs) / 1_000;
  return recorder.report({ wantedPerSecond: null, seconds, stopped });
}

function toTarget(url: string): HttpTarget {
  const { protocol, hostname, port } = new URL(url);
  const tls = protocol === "https:";
  return { host: hostname.replace(/^\[|\]$/g, ""), port: port === "" ? (tls ? 443 : 80) : Number(port), tls };
}

function cycle({ url, requests, prepared }: Load): () => Uint8Array {
  const { host } = new URL(url);
  const all = prepared ?? requests.map((request) => toRequestBytes(host, request));
  let at = 0;
  return () => all[at++ % all.length]!;
}

function report({ onProgress }: Load, live: () => LiveLoad): () => void {
  if (onProgress === undefined) return () => undefined;
  const timer = setInterval(() => onProgress(live()), progressMs);
  return () => clearInterval(timer);
}

const sinceStart = (start: number): number => performance.now() - start;

/** @returns whether there was anything to wait for */
async function reach(at: number, signal?: AbortSignal): Promise<boolean> {
  let waited = false;
  for (let left = at - performance.now(); left > 0; left = at - performance.now()) {
    if (signal?.aborted === true) break;
    await (left > spinMs ? sleep(left - spinMs / 2, signal) : turn());
    waited = true;
  }
  return waited;
}

/** Lets the event loop go round once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve();
    const timer = setTimeout(done, Math.max(0, ms));
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done);
  });
}
