import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { gateMigrations } from "./migrations.ts";
import { createGateStore, type KeptGate } from "./store.ts";

const kept: KeptGate = {
  rollout: "r1",
  gate: "offline",
  place: 1,
  endpoint: "flights",
  model: "flight-delay",
  version: 2,
  comparedWith: 1,
  verdict: "pass",
  message: "It is better.",
  evidence: { rows: 3, slices: [{ slice: "origin = ATL" }] },
  finishedAt: 1_790_000_000_000,
};

describeStores("gates", (open) => {
  async function openStore() {
    const sql = await open();
    await migrate(sql, gateMigrations, systemClock);
    return createGateStore(sql);
  }

  test("what they said comes back, of a rollout in their order, of a version newest first", async () => {
    const store = await openStore();
    await store.put(kept);
    await store.put({ ...kept, gate: "signature", place: 0, comparedWith: null });
    await store.put({ ...kept, verdict: "fail" });
    await store.put({ ...kept, rollout: "r2", finishedAt: kept.finishedAt + 1 });
    expect((await store.listOf("r1")).map(({ gate, verdict, comparedWith }) => [gate, verdict, comparedWith])).toEqual([
      ["signature", "pass", null],
      ["offline", "fail", 1],
    ]);
    const of = { model: "flight-delay", version: 2 };
    const all = await store.listOfVersion(of, { limit: 100, cursor: null });
    const [newest, ...others] = all.items;
    const first = await store.listOfVersion(of, { limit: 1, cursor: null });
    expect(first.items).toEqual([newest]);
    expect(await store.listOfVersion(of, { limit: 100, cursor: first.next })).toEqual({ items: others, next: null });
    expect(newest).toEqual({ ...kept, rollout: "r2", finishedAt: kept.finishedAt + 1 });
    expect(others.map(({ gate }) => gate)).toEqual(["offline", "signature"]);
    expect(await store.listOfVersion({ ...of, version: 1 }, { limit: 9, cursor: null })).toEqual({
      items: [],
      next: null,
    });
  });

  test("files by their names, beside their version", async () => {
    const store = await openStore();
    const [a, b] = ["a", "b"].map((digit) => digit.repeat(64)) as [string, string];
    await store.putFiles("m", 1, [{ path: "x.csv", sha256: a, size: 3 }]);
    await store.putFiles("m", 2, [{ path: "x.csv", sha256: a, size: 3 }]);
    await store.putFiles("m", 2, [{ path: "x.csv", sha256: b, size: 4 }]);
    expect(await store.findFile({ model: "m", version: 2, path: "x.csv" })).toEqual({
      path: "x.csv",
      sha256: b,
      size: 4,
    });
    expect(await store.listBlobs()).toEqual(new Set([a, b]));
    await store.removeFiles("m", 2);
    expect(await store.isBlob(b)).toBe(false);
    expect(await store.isBlob(a)).toBe(true);
    expect(await store.listFiles("m", 2)).toEqual([]);
  });
});
