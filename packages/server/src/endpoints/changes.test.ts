import { expect, test } from "vitest";
import { accessMigrations } from "../access/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { migrate, openSqlite } from "../platform/sql/index.ts";
import type { LoadedVersion } from "../serving/index.ts";
import { createChanges } from "./changes.ts";
import { createEndpointMetrics } from "./metrics.ts";
import { emptySpec, undivided, type Action, type Endpoint, type EndpointSpec } from "./endpoint.ts";
import { endpointMigrations } from "./migrations.ts";
import { adapt } from "./prepare.ts";
import { prepareHeld } from "./prepare-held.ts";
import type { Prepared } from "./prepared.ts";
import type { SharedRouting } from "./shared-routing.ts";
import type { Route } from "./snapshot.ts";
import { createEndpointStore } from "./store.ts";
import { toRoute } from "./to-route.ts";

const toLoaded = (version: number) =>
  ({
    version: { model: "m", version, digest: null },
    signature: { inputs: [], outputs: [], packed: null },
  }) as unknown as LoadedVersion;

let passed = 0;
const pass = (ms: number) => (passed += ms);

/** Versions of endpoints whose loads end when the test lets them; nothing else is made up. */
async function setUp() {
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, [...accessMigrations, ...endpointMigrations]);
  const store = createEndpointStore(sql);
  const routes = new Map<string, Route>();
  const users = new Map<number, number>();
  const gates = new Map<number, PromiseWithResolvers<void>>();
  const loading: number[] = [];
  const failing = new Set<number>();
  const refreshed: string[] = [];
  const count = (by: number) => (loaded: LoadedVersion) => {
    const { version } = loaded.version;
    users.set(version, (users.get(version) ?? 0) + by);
  };
  const [take, give] = [count(1), count(-1)];
  const versions = new Map<number, LoadedVersion>();
  const load = async (version: number) => {
    loading.push(version);
    if (failing.has(version)) throw new Error(`version ${version} does not load`);
    await gates.get(version)?.promise;
    const loaded = versions.get(version) ?? toLoaded(version);
    versions.set(version, loaded);
    take(loaded);
    return loaded;
  };
  const discard = ({ loaded, arms }: Prepared) => {
    if (loaded) give(loaded);
    for (const arm of arms) give(arm.loaded);
  };
  const routing = {
    snapshot: () => ({ epoch: 0, routes }),
    async prepare(spec: EndpointSpec): Promise<Prepared> {
      const loaded = spec.target && (await load(spec.target.version));
      const arms = [];
      for (const arm of spec.traffic.arms) arms.push({ arm, loaded: await load(arm.version) });
      return { spec, loaded, arms, missing: [], fallback: null, failure: null };
    },
    prepareHeld: (name: string, spec: EndpointSpec) => prepareHeld({ retain: take }, routes.get(name), spec),
    discard,
    adapt,
    refresh: async ({ name, spec }: Endpoint) => void refreshed.push(`${name} ${spec.stop}`),
    async commit({ name, revision }: Endpoint, prepared: Prepared, epoch: number) {
      const before = routes.get(name);
      const metrics = createEndpointMetrics();
      const instance = "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11";
      routes.set(name, toRoute({ ...prepared, name, revision, epoch, metrics, instance }));
      if (before) discard(before);
    },
  } as unknown as SharedRouting;
  const changes = createChanges({
    store,
    routing,
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + passed },
  });
  const change = (name: string, action: Action, set: (now: EndpointSpec) => EndpointSpec) =>
    changes.change({
      name,
      action,
      author: null,
      message: null,
      plan: async (now) => ({ spec: set(now?.spec ?? emptySpec) }),
    });
  const serve = (name: string, version: number, action: Action = "deploy") =>
    change(name, action, (now) => ({ ...now, target: { model: "m", version, follows: null }, traffic: undivided }));
  const divide = (name: string, version: number | null, action: Action = "rollout") =>
    change(name, action, (now) => ({
      ...now,
      traffic: { ...undivided, arms: version === null ? [] : [{ name: "challenger", version, from: 0, share: 100 }] },
    }));
  const hold = (version: number) => {
    gates.set(version, Promise.withResolvers<void>());
    return () => gates.get(version)!.resolve();
  };
  const until = async (version: number) => {
    while (!loading.includes(version)) await new Promise((resolve) => void setImmediate(resolve));
  };
  /** As after a start at which the arms did not load. */
  const lose = (name: string, failure: string) => {
    const route = routes.get(name)!;
    const missing = route.arms.map(({ arm }) => ({ name: arm.name, version: arm.version, failure }));
    routes.set(name, { ...route, arms: [], missing });
  };
  const missingOf = (name: string) => routes.get(name)!.missing.map((arm) => arm.name);
  return { changes, change, serve, divide, hold, until, users, store, lose, missingOf, failing, refreshed };
}

const conflict = { code: "conflict" };

test("a load of one endpoint holds up no other, and what it loads cannot be deleted meanwhile", async () => {
  const { serve, hold, until, changes } = await setUp();
  const letGo = hold(9);
  const slow = serve("slow", 9);
  await until(9);
  expect((await serve("other", 1)).endpoint.revision).toBe(1);
  expect(changes.pending().map(({ name, spec }) => [name, spec.target?.version])).toEqual([["slow", 9]]);
  letGo();
  expect((await slow).endpoint.spec.target?.version).toBe(9);
  expect(changes.pending()).toEqual([]);
});

test.each<[string, Action]>([
  ["a stop", "stop"],
  ["a rollback", "rollback"],
  ["an undeploy", "undeploy"],
])(
  "%s waits for no load of the same endpoint: that one is ended, and what it loaded is given back",
  async (_, action) => {
    const { serve, change, hold, until, users } = await setUp();
    await serve("a", 1);
    const letGo = hold(2);
    const slow = serve("a", 2).catch((error: unknown) => error);
    await until(2);
    const queued = serve("a", 3).catch((error: unknown) => error);
    const { endpoint } = await change("a", action, (now) =>
      action === "undeploy" ? { ...now, target: null } : { ...now, stop: action === "stop" ? "refuse" : null },
    );
    expect(endpoint.revision).toBe(2);
    expect(await slow).toMatchObject(conflict);
    expect(await queued).toMatchObject(conflict);
    letGo();
    await new Promise((resolve) => void setImmediate(resolve));
    expect(users.get(2)).toBe(0);
    expect((await serve("a", 1)).endpoint.spec.target?.version).toBe(1);
  },
);

test.each(["refuse", "fallback"] as const)(
  "a stop (%s) waits for no load either where the fallback is not in memory: that one comes afterwards",
  async (stop) => {
    const { serve, change, divide, hold, until, refreshed } = await setUp();
    await change("a", "apply", (now) => ({ ...now, serve: { ...now.serve, fallback: { alias: "stable" } } }));
    await serve("a", 1);
    hold(2);
    const slow = divide("a", 2).catch((error: unknown) => error);
    await until(2);
    expect((await change("a", "stop", (now) => ({ ...now, stop }))).endpoint.spec.stop).toBe(stop);
    expect(await slow).toMatchObject(conflict);
    await new Promise((resolve) => void setImmediate(resolve));
    const expected = stop === "fallback" ? ["a fallback"] : [];
    while (refreshed.length < expected.length) await new Promise((resolve) => void setImmediate(resolve));
    expect(refreshed).toEqual(expected);
    // Nobody looked for it while it was stopped: it has to be, before the endpoint serves again.
    const loads = hold(1);
    let isServing = false;
    const started = change("a", "stop", (now) => ({ ...now, stop: null })).then(() => (isServing = true));
    await new Promise((resolve) => void setImmediate(resolve));
    expect(isServing).toBe(false);
    loads();
    await started;
  },
);

test("a rollout that rolls back ends no deploy of a person", async () => {
  const { serve, divide, hold, until } = await setUp();
  await serve("a", 1);
  await divide("a", 2);
  const letGo = hold(3);
  const deployed = serve("a", 3);
  await until(3);
  expect((await divide("a", null)).endpoint.revision).toBe(3);
  letGo();
  const { revision, spec } = (await deployed).endpoint;
  expect([revision, spec.target?.version]).toEqual([4, 3]);
});

test("a roll-back of an arm that is in force loads nothing and ends what was to make it larger", async () => {
  const { serve, divide, change, hold, until, users } = await setUp();
  await serve("a", 1);
  await divide("a", 2);
  const letGo = hold(3);
  const grown = change("a", "rollout", (now) => ({
    ...now,
    traffic: { ...now.traffic, arms: [...now.traffic.arms, { name: "v3", version: 3, from: 5000, share: 1 }] },
  })).catch((error: unknown) => error);
  await until(3);
  const { endpoint } = await divide("a", null);
  expect([endpoint.revision, endpoint.spec.traffic.arms]).toEqual([3, []]);
  expect(await grown).toMatchObject(conflict);
  letGo();
  await new Promise((resolve) => void setImmediate(resolve));
  expect([users.get(1), users.get(2), users.get(3) ?? 0]).toEqual([1, 0, 0]);
});

test("what would take away a load that has not ended ends it, although nothing of it is in force yet", async () => {
  const { serve, divide, hold, until, users, store } = await setUp();
  await serve("a", 1);
  const letGo = hold(2);
  const begun = divide("a", 2).catch((error: unknown) => error);
  await until(2);
  expect(await divide("a", null)).toMatchObject({ changes: [], endpoint: { revision: 1 } });
  expect(await begun).toMatchObject(conflict);
  letGo();
  await new Promise((resolve) => void setImmediate(resolve));
  expect([users.get(2), (await store.find("a"))?.revision]).toEqual([0, 1]);
});

test("what is not wanted any more is not put in force when its load ends", async () => {
  const { changes, serve, hold, until, users, store } = await setUp();
  await serve("a", 1);
  const letGo = hold(2);
  const unwanted = new AbortController();
  const by = { name: "a", action: "rollout", author: null, message: null } as const;
  const plan = async (now: Endpoint | null) => ({
    spec: { ...now!.spec, target: { model: "m", version: 2, follows: null } },
  });
  const begun = changes.change({ ...by, plan, signal: unwanted.signal }).catch((error: unknown) => error);
  await until(2);
  unwanted.abort();
  expect(await begun).toMatchObject(conflict);
  letGo();
  await new Promise((resolve) => void setImmediate(resolve));
  expect([users.get(2), (await store.find("a"))?.spec.target?.version]).toEqual([0, 1]);
  await expect(changes.change({ ...by, plan, signal: unwanted.signal })).rejects.toMatchObject(conflict);
});

test("settings that were changed while a version loaded stay changed", async () => {
  const { serve, change, hold, until, store } = await setUp();
  await serve("a", 1);
  const letGo = hold(2);
  const slow = serve("a", 2);
  await until(2);
  await change("a", "apply", (now) => ({ ...now, log: { ...now.log, fields: ["carrier"] } }));
  letGo();
  const { endpoint } = await slow;
  expect([endpoint.revision, endpoint.spec.target?.version, endpoint.spec.log.fields]).toEqual([3, 2, ["carrier"]]);
  expect((await store.findRevision("a", 3))?.changes.map(({ path }) => path)).toEqual(["target.version"]);
});

test("an arm that did not load is tried again, and not all the time", async () => {
  const { serve, divide, changes, lose, missingOf, failing } = await setUp();
  await serve("a", 1);
  await divide("a", 2);
  lose("a", "It broke.");
  failing.add(2);
  await expect(changes.mendArms()).rejects.toThrow("version 2");
  await changes.mendArms();
  expect(missingOf("a")).toEqual(["challenger"]);
  failing.clear();
  pass(60_000);
  await changes.mendArms();
  expect(missingOf("a")).toEqual([]);
});
