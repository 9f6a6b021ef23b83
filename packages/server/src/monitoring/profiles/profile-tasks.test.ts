import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate, type Sql } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { watchMigrations } from "../watch/migrations.ts";
import {
  type ColumnPlan,
  createProfilePlan,
  createProfileBuilder,
  decodeProfile,
  encodeProfile,
  profileMigrations,
  type ProfilePlan,
} from "./index.ts";
import { latencyBuckets } from "./latency-buckets.ts";
import type * as tasks from "./profile-tasks.ts";
import { createProfilesStore, profileScript } from "./profiles-store.ts";

const watched = { endpoint: "flights", model: "flights", version: 2 };
const base = { role: "input", edges: null, categories: null, range: null, nullable: true } as const;
const bare: readonly ColumnPlan[] = [
  { ...base, name: "distance", kind: "number" },
  { ...base, name: "origin", kind: "category" },
];
const plain = createProfilePlan(bare);
const binned = createProfilePlan([
  { ...base, name: "distance", kind: "number", edges: Float64Array.of(0, 10, 20), range: [5, 25] },
  { ...base, name: "origin", kind: "category", categories: ["ATL"] },
  { ...base, name: "carrier", kind: "category", categories: [] },
]);

function stored(plan: ProfilePlan, from: number, distances: readonly number[]) {
  const builder = createProfileBuilder(plan);
  const origins = distances.map((_, i) => (i === 0 ? "JFK" : "ATL"));
  const columns = new Map<string, readonly (number | string)[]>([["distance", distances]]).set("origin", origins);
  builder.addColumns(columns, distances.length);
  const key = { ...watched, slice: "", from, to: from + 10, planId: plan.id };
  return { ...key, rows: distances.length, requests: 1, bytes: encodeProfile(builder.profile()) };
}

const minute = (requests: number) => ({
  ...watched,
  minute: 60_000,
  requests,
  rows: 2 * requests,
  errors: 1,
  refused: 0,
  fallbacks: 0,
  latency: new Float64Array(latencyBuckets).fill(requests, 3, 4),
});

async function open(make: () => Promise<Sql>) {
  const sql = await make();
  await migrate(sql, [...watchMigrations, ...profileMigrations], systemClock);
  return { sql, ...sql.tasks<typeof tasks>(profileScript), store: createProfilesStore(sql) };
}

describeStores("profiles", (make) => {
  test("are stored with offsets and minutes, or not at all; those of other plans are brought onto one", async () => {
    const { sql, read, write, store } = await open(make);
    const first = { instance: "a", segment: 1, byte: 100 };
    const second = { instance: "a", segment: 2, byte: 64 };
    const profiles = [stored(plain, 0, [1, 12, 30]), stored(binned, 0, [15]), stored(binned, 10, [16, 17])];
    const change = { offsets: [first], profiles, minutes: [minute(2)], now: 1000, seq: "1" };
    await write("saveProfiles", { before: [], ...change });
    // Whoever does not know how far the log has been read changes nothing.
    await expect(write("saveProfiles", { before: [], ...change })).rejects.toMatchObject({ code: "conflict" });
    await write("saveProfiles", {
      before: [first],
      offsets: [second],
      profiles: [stored(binned, 10, [16, 17, 18])],
      minutes: [minute(3)],
      now: 5000,
      seq: "2",
    });
    expect(await read("listOffsets", null)).toEqual([second]);
    expect(await store.listMinutes({ endpoint: "flights", from: 0, to: 120_000 })).toMatchObject([
      { ...watched, minute: 60_000, requests: 5, rows: 10, errors: 2, latency: expect.objectContaining({ 3: 5 }) },
    ]);
    expect(await store.listMinutes({ endpoint: "flights", model: "", from: 0, to: 120_000 })).toEqual([]);

    const range = { watched, from: 0, to: 20 };
    expect(await store.find({ ...range, plan: binned })).toMatchObject({
      rows: 7,
      columns: [
        { bins: Float64Array.of(0, 1, 5, 1), outOfRange: 2 },
        { bins: Float64Array.of(4, 3), unseen: 3 },
        { count: 0 },
      ],
    });
    expect(await store.find(range)).toMatchObject({ rows: 4, planId: binned.id });
    expect(await store.list({ ...range, plan: binned })).toMatchObject([
      { from: 0, to: 10, profile: { rows: 4 } },
      { from: 10, to: 20, profile: { rows: 3 } },
    ]);
    expect(await store.find({ watched, from: 1, to: 19 })).toBeNull();
    expect(await store.listSlices(range)).toEqual([{ slice: "", rows: 7 }]);

    const [kept, gone] = await read("loadProfiles", [
      { ...watched, slice: "", from: 10, to: 20, planId: binned.id },
      { ...watched, slice: "x", from: 10, to: 20, planId: binned.id },
    ]);
    expect(decodeProfile(kept!)).toMatchObject({ rows: 3 });
    expect(gone).toBeNull();
    await write("pruneProfiles", { profiles: 2000, minutes: 6000 });
    expect(await store.list(range)).toMatchObject([{ from: 10 }]);
    expect(await store.listMinutes({ endpoint: "flights", from: 0, to: 120_000 })).toEqual([]);
    await sql.close();
  });
});
