import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { passing, type Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import { toMonitorSettings } from "../settings.ts";
import { watchMigrations } from "./migrations.ts";
import { createWatchStore } from "./store.ts";
import { createWatch } from "./watch.ts";

const hour = 3_600_000;
const day = 24 * hour;
const start = Date.parse("2026-03-01T00:00:00Z");
const settings = toMonitorSettings({});
const of = (endpoint: string) => ({ endpoint, model: endpoint, version: 1 });
const windowOf = (index: number, length = hour) => ({
  from: start + index * length,
  to: start + (index + 1) * length,
});

/** The clock stands at the end of ten days. `asked`: judge and the number of the window, in the order in which they were asked. */
async function openWatch(sql: Sql, fails: (judge: string, endpoint: string, index: number) => boolean = () => false) {
  let now = start + 10 * day + 5_000;
  let onSync: (() => Promise<void>) | null = null;
  const asked: string[] = [];
  const store = createWatchStore(sql);
  const toJudge = (name: string, said: readonly Finding[]): Judge => ({
    name,
    isCostly: name === "costly",
    async judge({ watched, window }: JudgeInput) {
      const index = (window.from - start) / hour;
      asked.push(`${name} ${index}`);
      now += 400;
      if (fails(name, watched.endpoint, index)) throw new Error("broken");
      return said;
    },
  });
  const watch = createWatch({
    store,
    judges: [toJudge("drift", []), toJudge("costly", [passing("drift.multivariate")])],
    sync: async () => onSync?.(),
    settingsOf: () => settings,
    listQuiet: () => [],
    async take(_trx, { watched, window }) {
      if (fails("take", watched.endpoint, (window.from - start) / hour)) throw new Error("cannot be kept");
    },
    taken: () => {},
    keepMs: 90 * day,
    clock: { ...systemClock, now: () => now },
    logger: silentLogger,
  });
  const take = () => asked.splice(0);
  return {
    watch,
    store,
    take,
    pass: (ms: number) => ((now += ms), watch.pass()),
    now: () => now,
    onSync: (call: () => Promise<void>) => void (onSync = call),
  };
}

describeStores("watching", (open) => {
  // One database for all of them: it takes longer to open than they do.
  test("goes on whatever happens to one window", async () => {
    const sql = await open();
    await migrate(sql, watchMigrations);
    await oneBadWindow(sql);
    await failingJudge(sql);
    await freshFirst(sql);
    await sparing(sql);
    await formerLength(sql);
  });
});

async function oneBadWindow(sql: Sql) {
  let isBroken = true;
  const { watch, store, take, now } = await openWatch(
    sql,
    (name, _, index) => isBroken && name === "take" && index === 1,
  );
  await watch.reopen(
    [0, 1, 2].map((index) => ({ ...of("bad"), ...windowOf(index) })),
    "drift",
  );
  await watch.pass();
  expect(take(), "once each, the bad one too").toEqual(["drift 0", "drift 1", "drift 2"]);
  expect(await store.listPending(now(), 10)).toMatchObject([windowOf(1)]);
  isBroken = false;
  await watch.pass();
  expect(take()).toEqual(["drift 1"]);
  expect(await store.listPending(now(), 10)).toEqual([]);
}

async function failingJudge(sql: Sql) {
  let isBroken = true;
  const { watch, store, take, pass, now } = await openWatch(sql, (name) => isBroken && name === "costly");
  await watch.reopen([{ ...of("failing"), ...windowOf(7) }]);
  await watch.pass();
  expect(take(), "the other judges are heard").toEqual(["drift 7", "costly 7"]);
  for (const ms of [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000]) {
    await pass(ms - 500);
    expect(take(), `paused for ${ms} ms`).toEqual([]);
    await pass(500);
    expect(take()).toEqual(["costly 7"]);
  }
  isBroken = false;
  await pass(300_000);
  expect(take()).toEqual(["costly 7"]);
  expect(await store.listPending(now(), 10)).toEqual([]);
}

async function freshFirst(sql: Sql) {
  const { watch, take, onSync } = await openWatch(sql);
  const past = [0, 1, 2, 3, 4, 5];
  await watch.reopen(
    [...past, 238, 239].map((index) => ({ ...of("fresh"), ...windowOf(index) })),
    "drift",
  );
  await watch.pass();
  expect(take()).toEqual([238, 239, ...past].map((index) => `drift ${index}`));
  await watch.reopen(
    past.map((index) => ({ ...of("fresh"), ...windowOf(index) })),
    "drift",
  );
  let syncs = 0;
  onSync(async () => {
    if (++syncs === 2) await watch.reopen([{ ...of("fresh"), ...windowOf(239) }], "drift");
  });
  await watch.pass();
  expect(take(), "what ends while the past is judged").toEqual(
    [0, 1, 2, 239, 3, 4, 5].map((index) => `drift ${index}`),
  );
}

/** A better reference: what took seconds of each window is not done again for all of the past. */
async function sparing(sql: Sql) {
  const { watch, take } = await openWatch(sql);
  await watch.reopen([
    { ...of("spared"), ...windowOf(0) },
    { ...of("spared"), ...windowOf(239) },
  ]);
  await watch.reopen([{ ...of("spared"), ...windowOf(1) }], "drift");
  await watch.pass();
  take();
  await watch.reopenAll(of("spared"));
  await watch.pass();
  expect(take()).toEqual(["drift 239", "costly 239", "drift 0", "drift 1", "costly 1"]);
}

async function formerLength(sql: Sql) {
  const { watch, store, take, now } = await openWatch(sql);
  const former = { ...of("former"), ...windowOf(0, day) };
  const verdicts = {
    watched: of("former"),
    window: windowOf(0, day),
    judge: "drift",
    judgedAt: 1,
    fails: 0,
    findings: [],
  };
  await store.save({ ...former, judge: "*", seq: "1" }, [verdicts], async () => {});
  await watch.reopenAll(of("former"));
  expect(await store.listPending(now(), 10)).toEqual([]);
  await watch.reopen([former]);
  await watch.pass();
  expect(take()).toEqual([]);
  expect(await store.listPending(now(), 10)).toEqual([]);
}
