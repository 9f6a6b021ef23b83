import {
  openConnection,
  toRequestBytes,
  type HttpConnection,
  type HttpTarget,
  type OnAnswer,
} from "../../packages/cli/src/loadtest/http-connection.ts";
import { closedLoop } from "../../packages/cli/src/loadtest/open-loop.ts";
import { readCpuUs } from "../lib/process-usage.ts";
import { mlflow } from "./client.ts";
import type { LoadFigures, LoadOrder } from "./orders.ts";

/** A batch is a history of ten metrics, 100 steps each. */
const [keys, stepsEach] = [10, 100];

export async function load({ url, pids = [], connections, seconds, ...order }: LoadOrder): Promise<LoadFigures> {
  const [durationMs, warmUpMs] = [seconds * 1_000, order.warmUpSeconds * 1_000];
  let before = readCpuUs(pids);
  setTimeout(() => (before = readCpuUs(pids)), warmUpMs);
  const over = new AbortController();
  process.once("SIGUSR2", () => over.abort());
  let opened = 0;
  const connect = (target: HttpTarget, onAnswer: OnAnswer) =>
    openMaking({ target, make: createMaker(url, order.content, opened++) }, onAnswer);
  const shape = { url, requests: [], prepared: [Buffer.alloc(0)], connections, durationMs, warmUpMs };
  const report = await closedLoop({ ...shape, connect, signal: over.signal });
  const cpuUs = readCpuUs(pids) - before;
  return {
    perSecond: report.perSecond,
    p50Ms: report.latencyUs.p50 / 1_000,
    p99Ms: report.latencyUs.p99 / 1_000,
    answers: report.answers,
    failed: report.failed,
    outcomes: report.outcomes,
    messages: report.errors.flatMap(({ messages }) => messages).slice(0, 3),
    cpuMs: cpuUs / 1_000 / report.answers,
  };
}

/** Each request is ready before its time, so that making it counts for nobody. */
function openMaking(
  { target, make }: { readonly target: HttpTarget; readonly make: () => Uint8Array },
  onAnswer: OnAnswer,
): HttpConnection {
  const inner = openConnection(target, (_, outcome, refusal) => onAnswer(connection, outcome, refusal));
  let next = make();
  const connection: HttpConnection = {
    send() {
      inner.send(next);
      next = make();
    },
    close: () => inner.close(),
  };
  return connection;
}

function createMaker(url: string, content: LoadOrder["content"], connection: number): () => Uint8Array {
  const { host } = new URL(url);
  if (content.kind === "same") {
    const bytes = toRequestBytes(host, content.request);
    return () => bytes;
  }
  const run_id = content.runs[connection % content.runs.length]!;
  let step = content.from;
  const toBytes = (path: string, body: object) =>
    toRequestBytes(host, { method: "POST", path: mlflow(path), body: JSON.stringify(body) });
  if (content.kind === "metric")
    return () => {
      step += 1;
      return toBytes("runs/log-metric", { run_id, run_uuid: run_id, ...toPoint("loss", step) });
    };
  return () => {
    const metrics = Array.from({ length: keys * stepsEach }, (_, at) =>
      toPoint(`loss_${at % keys}`, step + Math.floor(at / keys)),
    );
    step += stepsEach;
    return toBytes("runs/log-batch", { run_id, metrics });
  };
}

export function toPoint(key: string, step: number) {
  return { key, value: 1 / (1 + step), timestamp: Date.UTC(2026, 0, 2) + step, step };
}
