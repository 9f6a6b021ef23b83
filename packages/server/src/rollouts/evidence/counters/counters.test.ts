import { randomUUIDv7 } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { DividedRecord } from "../testing/append-divided.ts";
import { openTestCounters, plan } from "../testing/open-counters.ts";
import { listArrivals } from "../list-arrivals.ts";
import { settledMs } from "./arrivals.ts";
import { countFirsts } from "./count-firsts.ts";

async function open(options: Parameters<typeof openTestCounters>[0] = {}) {
  const opened = await openTestCounters(options);
  onTestFinished(opened.close);
  const { counters } = opened;
  return {
    ...opened,
    begin: (of = plan) => counters.begin(() => Promise.resolve(of), of.rollout),
    async cells(rollout = plan.rollout) {
      await counters.refresh();
      return (await counters.find(rollout))?.cells ?? [];
    },
  };
}

const error = (code: string): DividedRecord => ({ status: "error", error: { code, message: "no" } });

test("counts what each arm did, from its beginning on, and nothing else", async () => {
  const { append, begin, cells } = await open();
  await append({ arm: "challenger", propensity: 0.1 });
  await begin();
  await append({ arm: "challenger", propensity: 0.1, rows: 3 });
  await append({ arm: "challenger", propensity: 0.1, ...error("model_error") });
  await append({ arm: "challenger", propensity: 0.1, ...error("invalid_input") });
  await append({ arm: "challenger", propensity: 1, rule: "testers" });
  await append({ arm: "champion", propensity: 0.9, durations: { parse: 1, queue: 1, run: 1, total: 51_000 } });
  await append({ arm: "champion", propensity: 0.9, status: "fallback", fallback: "value" });
  await append({ shadowOf: { id: randomUUIDv7(), row: 0 }, face: "shadow", rows: 2 });
  // Neither divided, nor of this rollout.
  await append({});
  await append({ arm: "challenger", version: 3 });
  await append({ arm: "challenger", endpoint: "others" });
  await append({ shadowOf: { id: randomUUIDv7(), row: 0 }, version: 3 });
  const found = (await cells()).map(({ counts: { latency, ...counts }, ...key }) => ({
    ...key,
    ...counts,
    latency: latency.length,
  }));
  expect(found).toMatchObject([
    { arm: "challenger", via: "bucket", propensity: 0.1, requests: 3, rows: 3, errors: 1, refused: 1, fallbacks: 0 },
    { arm: "challenger", via: "rule", propensity: 1, requests: 1, rows: 1 },
    { arm: "challenger", via: "shadow", requests: 1, rows: 2 },
    { arm: "champion", via: "bucket", propensity: 0.9, requests: 2, rows: 2, errors: 0, fallbacks: 1 },
  ]);
  expect(found).toHaveLength(4);
  expect(found[3]?.over).toEqual({ latency: { timed: 2, over: 1 } });
});

test("a fallback counts for the arm that failed, whatever version answered", async () => {
  const { append, begin, cells } = await open();
  await begin();
  const fellBack = { status: "fallback", fallback: "alias:stable" } as const;
  await append({ arm: "challenger", propensity: 0.1 });
  for (const version of [1, 3]) await append({ arm: "challenger", propensity: 0.1, version, ...fellBack });
  await append({ arm: "champion", propensity: 0.9, version: 3, ...fellBack });
  const found = (await cells()).map(({ arm, counts }) => [arm, counts.requests, counts.fallbacks]);
  expect(found).toEqual([
    ["challenger", 3, 2],
    ["champion", 1, 1],
  ]);
});

test("in which buckets something happened, where a unit decides", async () => {
  const { append, begin, cells } = await open();
  await begin();
  const slow = { durations: { parse: 1, queue: 1, run: 1, total: 51_000 } };
  await append({ arm: "champion", bucket: 9_999, ...error("model_error") });
  await append({ arm: "champion", bucket: 3, status: "fallback", fallback: "value" });
  await append({ arm: "challenger", bucket: 0, ...error("model_error") });
  // A rule's, and one without a unit.
  await append({ arm: "challenger", bucket: 7, propensity: 1, rule: "testers", ...error("model_error") });
  await append({ arm: "challenger", ...error("model_error") });
  await cells();
  await append({ arm: "challenger", bucket: 0, ...error("model_error") });
  await append({ arm: "champion", bucket: 5, ...error("model_error") });
  await append({ arm: "challenger", bucket: 8, ...slow });
  await append({ arm: "challenger", bucket: 9, ...error("invalid_input") });
  // More traffic for the challenger: bucket 3 has changed sides, 0 has not, and 4 is met for the first time.
  for (const bucket of [0, 3, 4]) await append({ arm: "challenger", revision: 8, bucket, ...error("model_error") });
  const found = await cells();
  const of = (name: string) =>
    countFirsts(found, name, "champion").map(({ revision, arm, units }) => [revision, arm, units]);
  const both = (challenger: number, champion: number, later: number) => [
    [7, "challenger", challenger],
    [7, "champion", champion],
    [8, "challenger", later],
  ];
  expect(of("errors")).toEqual(both(1, 3, 1));
  expect(of("fallbacks")).toEqual(both(0, 1, 0));
  expect(of("refused")).toEqual(both(1, 0, 0));
  expect(of("latency")).toEqual(both(1, 0, 0));
  expect(of("requests")).toEqual(both(3, 3, 1));
  // Nothing was drawn while an arm was missing.
  await append({ arm: "champion", bucket: 50, propensity: 1, ...error("model_error") });
  expect(countFirsts(await cells(), "errors", "champion")).toEqual(countFirsts(found, "errors", "champion"));
  expect(countFirsts(found, "errors", "control")).toEqual([
    { revision: 7, arm: "challenger", units: 1 },
    { revision: 8, arm: "challenger", units: 2 },
  ]);
});

test("what came to the arms is told of those that are surely over, however slow one of them is", async () => {
  const { append, begin, cells } = await open();
  await begin();
  const now = Date.now();
  const ago = (ms: number, bucket: number) => ({ at: (now - ms) * 1000, bucket });
  for (let i = 0; i < 10; i++) {
    await append({ arm: "challenger", ...ago(600_000, i) });
    await append({ arm: "champion", ...ago(500_000, 5000 + i) });
    // Those of the challenger at that time have no answer yet.
    await append({ arm: "champion", ...ago(1_000, 6000 + i) });
  }
  const found = await cells();
  for (const hasUnit of [true, false]) {
    const of = (own: { readonly before?: number }) =>
      listArrivals(found, { control: "champion", hasUnit, ...own }).map(({ challenger, control }) => [
        challenger.n,
        control.n,
      ]);
    expect(of({})).toEqual([[10, 20]]);
    expect(of({ before: now - settledMs })).toEqual([[10, 10]]);
  }
});

test("a rollout that begins while another runs counts from there on, and the other goes on", async () => {
  const { append, begin, cells, counters } = await open();
  await begin();
  await append({ arm: "champion" });
  const second = { ...plan, rollout: "r2", endpoint: "others" };
  await append({ arm: "champion", endpoint: "others" });
  await begin(second);
  await begin(second);
  await append({ arm: "champion", endpoint: "others" });
  await append({ arm: "champion" });
  const requests = async (rollout: string) => (await cells(rollout)).map(({ counts }) => counts.requests);
  expect([await requests("r1"), await requests("r2")]).toEqual([[2], [1]]);
  await counters.end("r1");
  await append({ arm: "champion" });
  expect([await requests("r1"), await requests("r2")]).toEqual([[2], [1]]);
  expect(await counters.offsets()).not.toEqual(new Map());
  await counters.end("r2");
  expect(await counters.offsets()).toEqual(new Map());
});

test("a budget that becomes known counts from then on, and is not moved any more", async () => {
  const { append, begin, cells, counters } = await open();
  await begin();
  await append({ arm: "champion" });
  await cells();
  await counters.freeze(plan.rollout, { slow: 0.05, latency: 1 });
  await append({ arm: "champion" });
  const [cell] = await cells();
  expect(cell?.counts.over).toEqual({ latency: { timed: 2, over: 0 }, slow: { timed: 1, over: 1 } });
});

test("the log is read across segments and from a stretch to the next", async () => {
  const { append, begin, cells } = await open({ segmentBytes: 4096 });
  await begin();
  for (let i = 0; i < 60; i++) await append({ arm: i % 2 === 0 ? "champion" : "challenger", revision: i < 30 ? 7 : 8 });
  const found = (await cells()).map(({ revision, arm, counts }) => [revision, arm, counts.requests]);
  expect(found).toEqual([
    [7, "challenger", 15],
    [7, "champion", 15],
    [8, "challenger", 15],
    [8, "champion", 15],
  ]);
});
