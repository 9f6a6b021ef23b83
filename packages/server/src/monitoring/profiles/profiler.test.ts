import type { RequestFields } from "@slipway/runtime";
import { createRowSetBuilder, decodeRowSet, eraseFromSegment, segmentFile } from "@slipway/runtime/log";
import { distinctOf, listFrequent, quantilesOf } from "@slipway/statistics";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { flightInputs } from "../../predictions/testing/log.ts";
import { toMonitorSettings } from "../settings.ts";
import { createProfilePlan, latencyBucket, type Profile, type ProfilePlan, toSignaturePlan } from "./index.ts";
import { flights, flightSignature, hourMs, openTestProfiler } from "./testing/open-profiler.ts";

const start = Date.UTC(2026, 3, 1);
const whole = { watched: flights, from: start, to: start + 24 * hourMs };

function request(hour: number, origins: string[], distances: number[], more: Partial<RequestFields> = {}) {
  const late = Float32Array.from(origins.flatMap((_, i) => (i % 2 === 0 ? [0.25, 0.75] : [0.75, 0.25])));
  return {
    at: (start + hour * hourMs) * 1000,
    rows: origins.length,
    inputs: flightInputs(origins, distances),
    outputs: [{ name: "late", datatype: "FP32", shape: [origins.length, 2], data: late }],
    ...more,
  } satisfies Partial<RequestFields>;
}

function hour(number: number) {
  return { watched: flights, from: start + number * hourMs, to: start + (number + 1) * hourMs };
}

function column(profile: Profile | null, name: string) {
  return profile?.columns.find((each) => each.name === name);
}

// One for the tests that need nothing else: each has hours of its own.
let shared: Awaited<ReturnType<typeof openTestProfiler>>;
beforeAll(async () => void (shared = await openTestProfiler()));
afterAll(() => shared.close());

test("counts every row of every record in the window of its time", async () => {
  const { profiler, append, sql } = shared;
  await append("flights", request(0.5, ["ATL"], [760]));
  await append("flights", request(0.9, ["ORD", "ATL", "�"], [100, Number.NaN, 9000]));
  await append("flights", request(1.1, ["LAX"], [300]));
  await append("flights", request(1.2, ["LAX"], [300], { status: "fallback", fallback: "previous" }));
  await append("flights", {
    ...request(1.3, [], []),
    rows: 0,
    status: "error",
    error: { code: "invalid_input", message: "No." },
  });
  await append("flights", {
    ...request(1.3, ["JFK"], [1]),
    status: "error",
    error: { code: "internal", message: "Oh." },
    outputs: [],
  });
  await append("other", { ...request(1, ["ATL"], [1]) });
  // Answered once more for nobody, which is no traffic: neither of a window nor of a minute.
  const shadow = { face: "shadow", shadowOf: { id: "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11", row: 0 } };
  await append("flights", { ...request(0.6, ["SFO"], [4000]), ...shadow });
  await append("flights", { ...request(2.5, ["SFO"], [4000]), ...shadow });
  await profiler.sync();

  const hours = await profiler.list(whole);
  expect(hours.map(({ from, to, profile }) => [(from - start) / hourMs, to - from, profile.rows])).toEqual([
    [0, hourMs, 4],
    [1, hourMs, 2],
  ]);
  const [first, second] = hours.map(({ profile }) => profile);
  expect(first).toMatchObject({ requests: 2, errors: 0, fallbacks: 0, planId: toSignaturePlan(flightSignature).id });
  expect(column(first!, "distance")).toMatchObject({ count: 4, missing: 1, outOfRange: 1, kind: "number" });
  expect(quantilesOf(column(first!, "distance")!.quantiles!, [0, 0.5, 1])).toEqual([100, 760, 9000]);
  expect(listFrequent(column(first!, "origin")!.frequent!)[0]).toEqual({ value: "ATL", count: 2 });
  expect([...column(first!, "late")!.bins!]).toEqual([1, 3, 0]);
  expect(column(first!, "late_p_yes")!.moments).toMatchObject({ count: 4, mean: 0.625 });
  expect(quantilesOf(first!.latency, [0.5])[0]).toBeCloseTo(0.07);
  expect(second).toMatchObject({ requests: 4, errors: 2, fallbacks: 1 });
  expect(Object.fromEntries(second!.errorCodes)).toEqual({ invalid_input: 1, internal: 1 });
  expect(column(second!, "origin")).toMatchObject({ count: 2 });
  expect(column(second!, "late")).toMatchObject({ count: 1 });

  expect(await profiler.find(whole)).toMatchObject({ rows: 6, requests: 6 });
  expect(await profiler.find({ ...whole, from: start + 1 })).toMatchObject({ rows: 2 });
  expect(await profiler.find({ ...whole, watched: { ...flights, version: 9 } })).toBeNull();
  const minutes = await profiler.listMinutes({ endpoint: "flights", from: start, to: start + 24 * hourMs });
  expect(
    minutes.map(({ minute, requests, rows, errors, refused, fallbacks }) => [
      (minute - start) / 60_000,
      requests,
      rows,
      errors,
      refused,
      fallbacks,
    ]),
  ).toEqual([
    [30, 1, 1, 0, 0, 0],
    [54, 1, 3, 0, 0, 0],
    [66, 1, 1, 0, 0, 0],
    [72, 1, 1, 0, 0, 1],
    [78, 2, 0, 1, 1, 0],
  ]);
  expect(minutes[4]!.latency[latencyBucket(0.07)]).toBe(2);
  const pending = await sql
    .as<{ monitor_pending: { endpoint: string; from_at: number } }>()
    .db.selectFrom("monitor_pending")
    .select(["endpoint", "from_at"])
    .orderBy("endpoint")
    .orderBy("from_at")
    .execute();
  expect(pending.map(({ endpoint, from_at }) => [endpoint, (from_at - start) / hourMs])).toEqual([
    ["flights", 0],
    ["flights", 1],
    ["other", 1],
  ]);
  expect(profiler.stats()).toMatchObject({ records: 7, rows: 7, damaged: 0 });
});

test("goes on where it was: after a sync, after a start, and in the middle of a window", async () => {
  const first = await openTestProfiler({ segmentBytes: 4096 });
  for (let i = 0; i < 30; i++) {
    await first.append("flights", request(2, ["ATL"], [i]));
    if (i % 10 === 0) await first.profiler.sync();
  }
  await first.profiler.sync();
  await first.append("flights", request(2.5, ["ATL"], [30]));
  await first.close();

  const second = await openTestProfiler({ data: first.data });
  await second.append("flights", request(2.6, ["ORD"], [31]));
  await second.profiler.sync();
  const profile = await second.profiler.find(whole);
  expect(profile).toMatchObject({ rows: 32, requests: 32 });
  expect(column(profile, "distance")!.moments).toMatchObject({ count: 32, min: 0, max: 31, mean: 15.5 });
  expect(column(profile, "origin")!.frequent!.counts).toEqual(
    new Map([
      ["ATL", 31],
      ["ORD", 1],
    ]),
  );
  expect(
    await second.profiler.listMinutes({ endpoint: "flights", from: start, to: start + 24 * hourMs }),
  ).toMatchObject([{ requests: 30 }, { requests: 1 }, { requests: 1 }]);
  expect([...(await second.profiler.offsets()).keys()].toSorted()).toEqual(
    [first.instance, second.instance].toSorted(),
  );
  await second.close();
});

test("slices are named parts: values, ranges, fields that are no inputs; those of one request count it once", async () => {
  const settings = toMonitorSettings({
    slices: ["origin", { column: "distance", from: 500 }, { name: "gold", column: "tier", values: ["gold", "vip"] }],
  });
  const reference = createProfilePlan(toSignaturePlan(flightSignature).columns);
  const { profiler, append, close } = await openTestProfiler({
    settingsOf: () => settings,
    findReference: () => Promise.resolve({ plan: reference, profile: profileOfOrigins(["ATL", "ORD"]) }),
  });
  const extra = [{ tier: "gold" }, null, { tier: "vip" }, { tier: "none" }];
  await append("flights", request(3, ["ATL", "ATL", "ORD", "LAX"], [100, 500, 900, Number.NaN], { extra }));
  await append("flights", request(3, ["ATL"], [600]));
  await profiler.sync();
  expect(await profiler.listSlices(whole)).toEqual([
    { slice: "", rows: 5 },
    { slice: "distance=500..", rows: 3 },
    { slice: "gold", rows: 2 },
    { slice: "origin=ATL", rows: 3 },
    { slice: "origin=ORD", rows: 1 },
  ]);
  expect(await profiler.find({ ...whole, slice: "origin=ATL" })).toMatchObject({ rows: 3, requests: 2 });
  const gold = await profiler.find({ ...whole, slice: "gold" });
  expect(gold).toMatchObject({ rows: 2, requests: 1 });
  expect(column(gold, "distance")!.moments).toMatchObject({ min: 100, max: 900 });
  await close();
});

function profileOfOrigins(origins: string[]): Profile {
  const frequent = {
    capacity: 64,
    counts: new Map(origins.map((origin) => [origin, 1])),
    error: 0,
    total: origins.length,
  };
  return { columns: [{ name: "origin", frequent }] } as unknown as Profile;
}

test("a reference that comes in the middle of a window gives bins to what came before, too", async () => {
  let plan: ProfilePlan | null = null;
  const { profiler, append, close } = await openTestProfiler({
    findReference: () => Promise.resolve(plan === null ? null : { plan, profile: { columns: [] } as never }),
  });
  await append("flights", request(4, ["ATL", "JFK", "ATL"], [50, 150, 150]));
  await profiler.sync();
  plan = createProfilePlan(
    toSignaturePlan(flightSignature).columns.map((each) => {
      if (each.name === "distance") return { ...each, edges: Float64Array.of(0, 100, 200) };
      return each.name === "origin" ? { ...each, categories: ["ATL"] } : each;
    }),
  );
  await append("flights", request(4, ["ATL", "ATL"], [150, 250]));
  await profiler.sync();
  await append("flights", request(4, ["ATL"], [250]));
  await profiler.sync();
  const [window, ...others] = await profiler.list({ ...whole, plan });
  expect(others).toEqual([]);
  expect(window!.profile).toMatchObject({ rows: 6, requests: 3, planId: plan.id });
  expect([...column(window!.profile, "distance")!.bins!]).toEqual([0, 1, 3, 2]);
  expect([...column(window!.profile, "origin")!.bins!]).toEqual([5, 1]);
  await close();
});

test("rows that were erased before they were read are in no profile", async () => {
  const { profiler, append, log, data, instance } = shared;
  const id = await append("flights", request(5, ["ATL", "JFK", "LAX"], [1, 2, 3]));
  await log.rotate();
  const rows = createRowSetBuilder();
  rows.add(id, 1);
  await eraseFromSegment(join(data, "log", instance, segmentFile(1)), decodeRowSet(rows.build()));
  await profiler.sync();
  const profile = await profiler.find(hour(5));
  expect(profile).toMatchObject({ rows: 2, requests: 1 });
  expect(column(profile, "origin")!.frequent!.counts).toEqual(
    new Map([
      ["ATL", 1],
      ["LAX", 1],
    ]),
  );
});

test("more texts than are remembered at a time are counted all the same", async () => {
  const { profiler, append } = shared;
  const size = 20_000;
  const origins = Array.from({ length: size }, (_, i) => (i % 8 === 0 ? "often" : `only ${i}`));
  await append(
    "flights",
    request(
      6,
      origins,
      origins.map((_, i) => i),
    ),
  );
  await profiler.sync();
  const profile = await profiler.find(hour(6));
  const origin = column(profile, "origin")!;
  expect(profile).toMatchObject({ rows: size, requests: 1 });
  expect(origin).toMatchObject({ count: size, missing: 0 });
  expect(origin.frequent!.total).toBe(size);
  expect(listFrequent(origin.frequent!)[0]).toMatchObject({ value: "often" });
  expect(Math.abs(distinctOf(origin.distinct!) - (7 / 8) * size)).toBeLessThan(0.12 * size);
  expect(column(profile, "distance")!.moments).toMatchObject({ count: size, min: 0, max: size - 1 });
});
