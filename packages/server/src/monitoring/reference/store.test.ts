import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createFind } from "./find-reference.ts";
import { createForgetting, type ForgettingDeps } from "./forget-references.ts";
import { referenceMigrations } from "./migrations.ts";
import { createReferenceStore } from "./store.ts";
import { calibration, made, plan, profile, watched } from "./testing/new-reference.ts";

describeStores("references", (open) => {
  async function openStore() {
    const sql = await open();
    await migrate(sql, referenceMigrations, systemClock);
    return createReferenceStore(sql);
  }

  test("come back as they were put, with the same plan and profile", async () => {
    const store = await openStore();
    expect(await store.find(watched)).toBeNull();
    await store.put(made("r1"));
    const { plan: foundPlan, profile: foundProfile, ...found } = (await store.find(watched))!;
    expect(foundPlan).toEqual(plan);
    expect(foundProfile).toEqual(profile);
    expect(found).toEqual({
      id: "r1",
      watched,
      source: "training",
      provisional: false,
      rows: 3,
      createdAt: 1_790_000_000_000,
      time: { column: "at", from: 1, to: 2 },
      label: "truth",
      importance: { x: 0.75, town: 0.25 },
      notes: ["One thing."],
      calibration,
      estimator: null,
      sample: { sha256: "a".repeat(64), rows: 3 },
    });
    expect(await store.find({ ...watched, version: 1 })).toBeNull();
  });

  test("are replaced, and the sample of the one before is nobody's", async () => {
    const store = await openStore();
    const [old, fresh] = ["a".repeat(64), "b".repeat(64)];
    await store.put(made("r1", { provisional: true, source: "predictions" }));
    await store.put(made("r2", { watched: { ...watched, endpoint: "others" } }));
    expect(await store.findMark(watched)).toMatchObject({ id: "r1", provisional: true, source: "predictions" });
    await store.put(made("r3", { sample: fresh, madeOf: "m2" }));
    expect(await store.findMark(watched)).toMatchObject({ id: "r3", provisional: false, madeOf: "m2" });
    expect((await store.listSamples()).toSorted()).toEqual([old, fresh]);
    await store.put(made("r4", { watched: { ...watched, endpoint: "others" }, sample: fresh }));
    expect(await store.listSamples()).toEqual([fresh]);
    expect([await store.isSample(old), await store.isSample(fresh)]).toEqual([false, true]);
  });

  test("go with their version, behind all endpoints, or one by one", async () => {
    const store = await openStore();
    const others = { ...watched, endpoint: "others" };
    const next = { ...watched, version: 3 };
    for (const [i, each] of [watched, others, next].entries()) await store.put(made(`r${i}`, { watched: each }));
    await store.removeVersion(watched.model, watched.version);
    expect((await store.listKept()).map((kept) => kept.watched)).toEqual([next]);
    await store.remove(next);
    expect(await store.listKept()).toEqual([]);
  });

  test("are kept in memory while they are asked for, and only so many", async () => {
    const store = await openStore();
    const find = createFind(store);
    const of = (version: number) => ({ ...watched, version });
    for (let version = 1; version <= 51; version++) await store.put(made(`r${version}`, { watched: of(version) }));
    const [first, second] = [await find(of(1)), await find(of(2))];
    for (let version = 3; version <= 50; version++) await find(of(version));
    expect(await find(of(1))).toBe(first);
    await find(of(51));
    expect(await find(of(1))).toBe(first);
    const again = await find(of(2));
    expect(again).toEqual(second);
    expect(again).not.toBe(second);
  });

  test("of versions that were deleted and of endpoints that are gone are pruned, and nobody needs their samples", async () => {
    const store = await openStore();
    const living = { ...watched, version: 3 };
    const lost = { ...watched, endpoint: "lost", version: 3 };
    const samples = ["a", "b", "c"].map((digit) => digit.repeat(64));
    for (const [i, each] of [watched, lost, living].entries())
      await store.put(made(`r${i}`, { watched: each, sample: samples[i]! }));
    const { prune, listNeeded } = createForgetting(
      {
        blobs: { remove: async () => false },
        registry: {
          findRecorded: async (_: string, version: number) => ({ version: { deletedAt: version === 2 ? 1 : null } }),
        } as unknown as ForgettingDeps["registry"],
        endpoints: {
          snapshot: () => ({ epoch: 1, routes: new Map([["flights", {}]]) }),
        } as unknown as ForgettingDeps["endpoints"],
        isBlobNeeded: async () => false,
        logger: silentLogger,
      },
      store,
    );
    expect(await listNeeded()).toEqual(new Set([samples[2]]));
    expect(await store.listKept()).toHaveLength(3);
    await prune();
    expect((await store.listKept()).map((kept) => kept.watched)).toEqual([living]);
  });
});
