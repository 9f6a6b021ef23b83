import { expect, test } from "vitest";
import { ms, percent, toAdvice, type Measured } from "./advice.ts";
import { createRecorder, type LoadReport } from "./load-report.ts";
import type { ServerFigures } from "./server-figures.ts";

function reportOf(facts: Partial<LoadReport>): LoadReport {
  return { ...createRecorder(50).report({ wantedPerSecond: 100, seconds: 10, stopped: false }), due: 1000, ...facts };
}

const server: ServerFigures = {
  seconds: 10,
  cpuCores: 1,
  busyReplicas: 0.98,
  runs: 1000,
  runRows: 1,
  rowLimit: 64,
  runMs: 10,
  queueMs: { mean: 80, p99: 200 },
  requestMs: { mean: 90, p99: 210 },
  outcomes: { ok: 1000 },
  rejected: {},
  expired: 0,
  cancelled: 0,
  rssBytes: 1e8,
};
const serve: Measured["serve"] = {
  replicas: 1,
  timeout_ms: 60,
  fallback: null,
  memory_bytes: null,
  max_training_age_ms: null,
  placement: null,
  threads: null,
  device: "cpu",
  recycle: null,
  batching: { max_rows: null, max_delay_ms: 0, max_queue: null },
};
const overloaded = reportOf({ wantedPerSecond: 200, perSecond: 100, answers: 1000, withinSlo: 100, failed: 900 });
const base: Measured = {
  sloMs: 50,
  report: overloaded,
  generatorBound: false,
  server,
  serve,
  batched: true,
  placement: "worker",
  cores: 8,
  generatorCores: 0.3,
};
const codes = (measured: Partial<Measured>): string[] => toAdvice({ ...base, ...measured }).map(({ code }) => code);

test("a busy replica beside free cores: as many as the demand takes, with what was measured", () => {
  expect(toAdvice(base)).toEqual([
    {
      code: "more_replicas",
      advice: "Set serve.replicas: 3.",
      reason:
        "The 1 replica ran 98 % of the time, and a request waited 80 ms for a run of 10 ms while 7 cores were free of the server.",
    },
  ]);
});

test("never more replicas than there are cores for", () => {
  const [advice] = toAdvice({ ...base, cores: 2 });
  expect(advice?.advice).toBe("Set serve.replicas: 2. 3 would keep them below 70 %; there are no cores for so many.");
});

test("a busy replica where no core is free: cores are the bound", () => {
  expect(codes({ cores: 1 })).toEqual(["cores_are_the_bound"]);
  expect(toAdvice({ ...base, cores: 1 })[0]?.reason).toMatch(/^The server took 1 of 1 cores; .* took 0.3 of them/);
  // Model processes are cores that the server does not count as its own.
  expect(codes({ cores: 2, placement: "process" })).toEqual(["cores_are_the_bound"]);
});

test("of a server elsewhere the cores are not known, and it says so by not speaking of them", () => {
  expect(toAdvice({ ...base, cores: null })[0]?.reason).not.toContain("cores");
});

test("in the thread that speaks HTTP replicas change nothing", () => {
  expect(codes({ placement: "thread" })).toEqual(["leave_the_thread"]);
  expect(codes({ placement: "thread", server: { ...server, busyReplicas: 0.6 } })).toEqual(["leave_the_thread"]);
  const light = { ...server, busyReplicas: 0.2, cpuCores: 1, queueMs: null };
  expect(codes({ placement: "thread", server: light })).toEqual(["http_is_the_bound"]);
  expect(codes({ server: { ...light, cpuCores: 1.2 } })).toEqual(["http_is_the_bound"]);
});

test("batches: on where they are off, a higher cap where runs are as large as they may be", () => {
  expect(codes({ serve: { ...serve, batching: null } })).toEqual(["more_replicas", "batching_on"]);
  expect(codes({ serve: { ...serve, batching: null }, batched: false })).toEqual(["more_replicas"]);
  const capped = { ...serve, batching: { max_rows: 8, max_delay_ms: 0, max_queue: null } };
  expect(codes({ serve: capped })).toEqual(["more_replicas"]);
  const full = { ...server, runRows: 7.9, rowLimit: 8 };
  expect(toAdvice({ ...base, serve: capped, server: full })[1]).toMatchObject({
    code: "raise_batch_cap",
    reason: "A request waited 80 ms for a run of 10 ms; runs had 7.9 rows of the 8 that they may have.",
  });
  expect(codes({ serve: capped, server: { ...full, rowLimit: 4 } })).toEqual(["more_replicas"]);
});

test("the timeout follows the SLO", () => {
  const late = { ...overloaded, failed: 0, withinSlo: 500 };
  expect(codes({ report: late, serve: { ...serve, timeout_ms: 2_000 } })).toContain("shorter_timeout");
  expect(codes({ report: late })).not.toContain("shorter_timeout");
  const cut = { ...overloaded, outcomes: { 504: 40 } };
  expect(codes({ report: cut, serve: { ...serve, timeout_ms: 20 } })).toContain("longer_timeout");
});

test("what the load or a token did is not blamed on the server", () => {
  const late = { ...overloaded, generatorLate: 400 };
  expect(toAdvice({ ...base, report: late, generatorBound: true })).toMatchObject([
    { code: "generator_bound", reason: expect.stringContaining("40 % of the requests left over 1 ms late") },
  ]);
  expect(codes({ report: { ...overloaded, outcomes: { 200: 10, 429: 990 } } })).toEqual(["rate_limited"]);
});

test("a load that is held needs no change, whoever was late", () => {
  const held = { ...overloaded, withinSlo: 995, failed: 0 };
  expect(codes({ report: held })).toEqual(["room_left"]);
  expect(codes({ report: held, generatorBound: true })).toEqual(["generator_bound", "room_left"]);
});

test("without figures of the server nothing is guessed", () => {
  expect(codes({ server: null })).toEqual([]);
  expect(codes({ server: { ...server, busyReplicas: null } })).toEqual([]);
});

test("times and shares as they are said", () => {
  expect([0.1234, 1.234, 12.34, 123.4, 12_345].map(ms)).toEqual(["0.123 ms", "1.23 ms", "12.3 ms", "123 ms", "12.3 s"]);
  expect([0, 0.5, 0.994, 0.99999, 1].map(percent)).toEqual(["0 %", "50 %", "99.4 %", "99.99 %", "100 %"]);
});
