import { expect, test } from "vitest";
import { accessMigrations } from "../access/index.ts";
import { systemClock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { migrate, openSqlite } from "../platform/sql/index.ts";
import type { LoadedVersion } from "../serving/index.ts";
import { emptySpec, undivided, type EndpointSpec } from "./endpoint.ts";
import { createFollower, type FollowerDeps } from "./follower.ts";
import { endpointMigrations } from "./migrations.ts";
import { createEndpointStore } from "./store.ts";

const logger = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;
const turn = () => new Promise((resolve) => void setImmediate(resolve));

/** A process that follows; versions load when the test lets them. */
async function setUp() {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, [...accessMigrations, ...endpointMigrations]);
  const store = createEndpointStore(sql);
  const gates = new Map<number, Promise<void>>();
  const versions = new Map<number, LoadedVersion>();
  const serving = {
    async acquire(version: LoadedVersion["version"]) {
      await gates.get(version.version);
      const signature = { inputs: [], outputs: [], packed: null };
      const loaded = versions.get(version.version) ?? ({ version, signature } as unknown as LoadedVersion);
      versions.set(version.version, loaded);
      return loaded;
    },
    retain() {},
    release: async () => {},
  };
  const toVersion = (version: number) => ({ id: version, model: "m", version, digest: null, state: "verified" });
  const ticks: (() => void)[] = [];
  const clock = { ...systemClock, every: (_: number, task: () => void) => (ticks.push(task), () => {}) };
  const follower = createFollower({
    instance: "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11",
    sql,
    registry: {
      requireVersion: async (_: string, n: number) => toVersion(n),
      resolve: async () => toVersion(1),
      events: { on: () => () => {} },
    },
    serving,
    predictions: { append() {}, onRotate: () => () => {} },
    clock,
    logger,
    tracer: null,
  } as unknown as FollowerDeps);
  const write = async (name: string, revision: number, to: Partial<EndpointSpec>) => {
    const spec = { ...emptySpec, target: { model: "m", version: 1, follows: null }, traffic: undivided, ...to };
    const written = { endpoint: name, revision, action: "deploy", spec, changes: [], restores: revision } as const;
    return store.append(revision - 1, { ...written, author: null, message: null, createdAt: 0 });
  };
  const armsOf = (name: string) => {
    const { arms, missing, revision } = follower.snapshot().routes.get(name)!;
    return [revision, arms.map(({ arm }) => arm.version), missing.map(({ version }) => version)];
  };
  return { follower, write, gates, armsOf, tick: () => ticks.forEach((task) => task()) };
}

const split = (version: number) => ({
  traffic: { ...undivided, arms: [{ name: "challenger", version, from: 0, share: 100 }] },
});

test("a commit waits for no arm, neither of its own endpoint nor of another that falls back to an alias", async () => {
  const { follower, write, gates, armsOf } = await setUp();
  await write("a", 1, {});
  await write("b", 1, { serve: { ...emptySpec.serve, fallback: { alias: "stable" } } });
  await follower.sync();
  const load = Promise.withResolvers<void>();
  gates.set(2, load.promise);
  await follower.commit("", { name: "b", revision: 2 }, await write("b", 2, split(2)));
  await follower.commit("", { name: "a", revision: 2 }, await write("a", 2, split(2)));
  expect([armsOf("a"), armsOf("b")]).toEqual([
    [2, [], [2]],
    [2, [], [2]],
  ]);
  // Nor does a fallback that is looked up anew.
  await follower.sync();
  load.resolve();
  while (armsOf("a")[1]?.toString() !== "2") await turn();
  expect(armsOf("a")).toEqual([2, [2], []]);
  await follower.stop();
});

test("an arm that did not load here is tried again", async () => {
  const { follower, write, gates, armsOf, tick } = await setUp();
  await write("a", 1, split(2));
  const broken = Promise.reject(new Error("no room"));
  broken.catch(() => {});
  gates.set(2, broken);
  await follower.sync();
  expect(armsOf("a")).toEqual([1, [], [2]]);
  gates.delete(2);
  tick();
  while (armsOf("a")[1]?.toString() !== "2") await turn();
  expect(armsOf("a")).toEqual([1, [2], []]);
  await follower.stop();
});
