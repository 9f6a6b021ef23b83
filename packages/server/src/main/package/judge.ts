import { isFloat, requireParity, type ParityReport } from "@slipway/runtime";
import { SlipwayError } from "@slipway/contract";
import type { PackagedModel } from "../../packaging/index.ts";
import type { PackageFinding } from "./package-finding.ts";
import type { Latencies, Latency } from "./measure-latency.ts";

export function judgeSignature({ signature }: Pick<PackagedModel, "signature">): PackageFinding {
  const { inputs, outputs, packed, batched } = signature;
  const names = (specs: readonly { readonly name: string }[]) => specs.map(({ name }) => name).join(", ");
  const shown = `${names(inputs)} -> ${names(outputs)}`;
  const [only] = inputs;
  const unnamed =
    packed === null &&
    inputs.length === 1 &&
    only!.shape.length === 2 &&
    only!.shape[1] !== 1 &&
    isFloat(only!.datatype);
  const remarks = [
    ...(unnamed ? ["the columns of its matrix have no names, so callers must know their order"] : []),
    ...(batched ? [] : ["it takes one request at a time"]),
  ];
  return {
    check: "signature",
    state: unnamed ? "warning" : "ok",
    message: remarks.length === 0 ? shown : `${shown}; ${remarks.join("; ")}`,
  };
}

export function judgeParity(parity: ParityReport | null): PackageFinding {
  const check = "examples";
  if (parity === null)
    return {
      check,
      state: "warning",
      message: "there are none, so nothing shows that the file answers as the model did at training",
    };
  try {
    requireParity(parity, "It");
  } catch (error) {
    if (!SlipwayError.is(error)) throw error;
    return { check, state: "failed", message: error.message, details: error.details };
  }
  const ulps = parity.outputs.map(({ output, maxUlps }) =>
    maxUlps === null ? output : `${output} within ${maxUlps} ulps`,
  );
  const message = parity.identical
    ? "answered bit by bit as recorded"
    : `answered within the tolerance (${ulps.join(", ")})`;
  return { check, state: "ok", message: `${parity.rows} rows ${message}` };
}

export function judgeLatency(
  { single, batch, recorded }: Latencies,
  { timeout, timeoutMs }: { timeout: string; timeoutMs: number },
): PackageFinding {
  const shown = [single, ...(batch === null ? [] : [batch])].map(toText).join("; ");
  const state =
    single.p99Ms > timeoutMs ? "failed" : Math.max(single.p99Ms * 2, batch?.p99Ms ?? 0) > timeoutMs ? "warning" : "ok";
  const why = {
    ok: "",
    warning: ", which leaves little room: rows of many callers share a run",
    failed: ": answers would be too late. Make the model faster, or raise serve.timeout",
  }[state];
  const toDetails = ({ rows, runs, p50Ms, p99Ms }: Latency) => ({
    rows,
    runs,
    p50_ms: Number(p50Ms.toFixed(3)),
    p99_ms: Number(p99Ms.toFixed(3)),
  });
  return {
    check: "latency",
    state,
    message: `${shown}, ${recorded ? "of the examples" : "made up"}; serve.timeout is ${timeout}${why}`,
    details: { single: toDetails(single), batch: batch && toDetails(batch), timeout_ms: timeoutMs },
  };
}

function toText({ rows, p50Ms, p99Ms }: Latency): string {
  const round = (ms: number) => (ms >= 10 ? ms.toFixed(0) : ms.toPrecision(2));
  return `${rows === 1 ? "one row" : `${rows} rows`} p50 ${round(p50Ms)} ms, p99 ${round(p99Ms)} ms`;
}

/** `bytes`: resident memory of a process with this one model open, the runtime included. */
export function judgeMemory(bytes: number, mostBytes: number | null): PackageFinding {
  const MiB = (value: number) => `${Math.round(value / 2 ** 20)} MiB`;
  const shown = `${MiB(bytes)} with the runtime`;
  const details = { bytes, most_bytes: mostBytes };
  if (mostBytes === null)
    return { check: "memory", state: "ok", message: `${shown}; serve.memory sets no bound`, details };
  const over = bytes > mostBytes;
  const why = over ? ", which is less: make the model smaller, or raise it" : "";
  return {
    check: "memory",
    state: over ? "failed" : "ok",
    message: `${shown}; serve.memory is ${MiB(mostBytes)}${why}`,
    details,
  };
}

const dayMs = 86_400_000;

/** All in milliseconds; `trainedAt` since 1970. */
export function judgeAge(
  trainedAt: number | null,
  { mostMs, now }: { mostMs: number | null; now: number },
): PackageFinding {
  const check = "training age";
  const days = (ms: number) => `${(ms / dayMs).toFixed(1)} days`;
  if (trainedAt === null && mostMs === null)
    return { check, state: "ok", message: "model.training says nothing, and serve.max_training_age asks nothing" };
  if (trainedAt === null)
    return { check, state: "failed", message: "serve.max_training_age asks, but model.training.at does not say when" };
  const age = now - trainedAt;
  if (mostMs === null) return { check, state: "ok", message: `${days(age)}; serve.max_training_age sets no bound` };
  const old = age > mostMs;
  const why = old ? ": train it anew" : "";
  return { check, state: old ? "failed" : "ok", message: `${days(age)} of ${days(mostMs)}${why}` };
}

export function judgeDigest(digest: string, expect: string | null): PackageFinding {
  const check = "digest";
  if (expect === null || expect === digest) return { check, state: "ok", message: digest };
  return { check, state: "failed", message: `${digest}, and not ${expect}, which was expected` };
}
