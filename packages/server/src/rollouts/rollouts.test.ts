import { expect, test } from "vitest";
import { accessMigrations, createAudit } from "../access/index.ts";
import { systemClock, type Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { migrate, raw, type Sql } from "../platform/sql/index.ts";
import { describeStores } from "../platform/sql/testing/describe-stores.ts";
import type { ModelVersion } from "../registry/index.ts";
import { createRollouts, type RolloutsDeps } from "./rollouts.ts";
import { rolloutMigrations } from "./migrations.ts";
import type { RolloutEvidence } from "./ports.ts";
import { change, keepEndpoint, openEndpoints, type KeptEndpoint } from "./testing/endpoint.ts";
import { makeRollout, showing } from "./testing/given.ts";
import { terminalPhases, type Rollout } from "./rollout.ts";
import { createRolloutStore } from "./store.ts";
import type { Rollouts } from "./use-cases.ts";

const logger = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;
const section = {
  gates: [],
  steps: [
    { traffic: "10%", min_samples: 5 },
    { traffic: "100%", min_samples: 5 },
  ],
} as const;
const order = {
  endpoint: "flights",
  version: 2,
  section: { ...section, gates: [], steps: [...section.steps] },
  allowBreaking: false,
};
const ann = { author: "ann", message: null };

const seen = (evidence: Partial<RolloutEvidence> = {}): RolloutEvidence => ({
  start: async () => {},
  observe: async () => ({ samples: 10, labels: 0, evidence: [showing("errors", "pass")] }),
  finish: async () => {},
  ...evidence,
});

/** A second is as long as a turn of the loop. */
const hasty: Clock = { ...systemClock, every: (_, task) => systemClock.every(10, task) };

interface Given extends Partial<Pick<RolloutsDeps, "evidence" | "onStep" | "gates" | "clock">> {
  readonly sql: Sql;
  readonly kept: KeptEndpoint;
}

function open({ sql, kept, evidence = seen(), ...rest }: Given): Rollouts {
  return createRollouts({
    sql,
    clock: hasty,
    logger,
    notify: null,
    endpoints: openEndpoints(kept),
    registry: {
      requireVersion: async (model, version) =>
        ({ model, version, state: "verified", digest: "d", signature: {} }) as unknown as ModelVersion,
    },
    evidence,
    gates: { run: async () => {}, results: async () => [], cancel: async () => {} },
    checkStart: async () => {},
    ...rest,
  });
}

async function untilEnd(rollouts: Rollouts, { id }: Pick<Rollout, "id">): Promise<Rollout> {
  let rollout = await rollouts.get(id);
  while (!terminalPhases.has(rollout.status.phase))
    rollout = await rollouts.wait(id, { after: rollout.status.seq, timeoutMs: 1_000 });
  return rollout;
}

const kindsOf = async (rollouts: Rollouts, { id }: Pick<Rollout, "id">) =>
  (await rollouts.listEvents(id, { limit: 100, cursor: null })).items.map(
    ({ kind, to, step }) => `${kind} ${to} ${step}`,
  );

const promoted = [
  "started pending -1",
  "step gating -1",
  "gated stepping 0",
  "step stepping 1",
  "decided promoting 1",
  "ended succeeded 1",
];

describeStores("rollouts", (openSql) => {
  async function openMigrated(): Promise<Sql> {
    const sql = await openSql();
    await migrate(sql, [...accessMigrations, ...rolloutMigrations]);
    return sql;
  }

  test("who began it and who told it what is on the audit trail, and what it is allowed is kept with it", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const rollouts = open({ sql, kept, evidence: seen({ start: () => new Promise(() => {}) }) });
    const begun = await rollouts.start({ ...order, allowBreaking: true }, { ...ann, message: "at last" });
    await rollouts.command(begun.id, "abort", { author: "bob", message: "no" });
    await rollouts.stop();
    expect(await rollouts.get(begun.id)).toMatchObject({ spec: { allowBreaking: true } });
    const { items } = await createAudit({ sql }).list({ limit: 10, cursor: null, action: "rollout" });
    expect(items).toMatchObject([
      { action: "rollout.abort", actor: "bob", subject: "flights", details: { rollout: begun.id, message: "no" } },
      { action: "rollout.start", actor: "ann", details: { from: 1, to: 2, allow_breaking: true, message: "at last" } },
    ]);
  });

  test("go from step to step to the promotion, each event bound to the one before", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const rollouts = open({ sql, kept });
    await rollouts.run();
    const begun = await rollouts.start(order, ann);
    expect(await untilEnd(rollouts, begun)).toMatchObject({ status: { phase: "succeeded", verdict: "pass" } });
    expect(await kindsOf(rollouts, begun)).toEqual(promoted);
    expect(kept.endpoint.spec).toMatchObject({ target: { version: 2 }, traffic: { arms: [] } });
    expect(kept.revisions.map(({ spec }) => spec.traffic.arms[0]?.share ?? 0)).toEqual([0, 10_000, 1000]);
    expect(await rollouts.verify(begun.id)).toEqual({ events: 6, brokenAt: null, reason: null });
    await rollouts.stop();
  });

  test("of one with thousands of events the last are read, and of an endpoint its last rollout", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const [store, rollouts] = [createRolloutStore(sql, null), open({ sql, kept })];
    const place = { actor: null, from: "stepping", to: "stepping", step: 0, details: {} } as const;
    const warned = { ...place, kind: "warned", reason: "Again.", evidence: [] } as const;
    const harm = { ...place, kind: "harm", reason: "More failed.", evidence: [showing("errors", "fail")] } as const;
    const many = Array.from({ length: 1_100 }, () => warned);
    for (const id of ["a", "b"]) {
      const rollout = makeRollout(undefined, { seq: 1 });
      await store.insert({ ...rollout, id }, warned, null);
      const events = [...many, harm, warned];
      const status = { ...rollout.status, phase: "rolled_back", seq: 1 + events.length } as const;
      const found = (await store.find(id))!;
      await store.write(found, { status, events, consumed: [], sight: null, at: 5 });
    }
    expect(await rollouts.findDeciding("b")).toMatchObject([{ metric: "errors", verdict: "fail" }]);
    expect((await rollouts.listLastEnded()).map(({ id }) => id)).toEqual(["b"]);
    const page = await rollouts.listEvents("b", { limit: 5, cursor: null, after: 1_101 });
    expect(page).toMatchObject({ items: [{ seq: 1_102, kind: "harm" }, { seq: 1_103 }], next: null });
  });

  test("events cannot be changed or removed by SQL, and a chain in which they were is broken", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const rollouts = open({ sql, kept });
    await rollouts.run();
    const begun = await rollouts.start(order, ann);
    await untilEnd(rollouts, begun);
    await rollouts.stop();
    await expect(raw`update rollout_events set kind = 'x'`.execute(sql.db)).rejects.toThrow();
    await expect(raw`delete from rollout_events`.execute(sql.db)).rejects.toThrow();
    // Who drops the guard is found out.
    const guard = sql.dialect === "sqlite" ? raw`` : raw` on rollout_events`;
    await raw`drop trigger rollout_events_no_update${guard}`.execute(sql.db);
    await raw`update rollout_events set event = replace(event, 'ann', 'eve') where seq = 1`.execute(sql.db);
    expect(await rollouts.verify(begun.id)).toMatchObject({ brokenAt: 1 });
    await raw`drop trigger rollout_events_no_delete${guard}`.execute(sql.db);
    await raw`delete from rollout_events where seq = 6`.execute(sql.db);
    await raw`update rollout_events set event = replace(event, 'eve', 'ann') where seq = 1`.execute(sql.db);
    expect(await rollouts.verify(begun.id)).toMatchObject({ events: 5, brokenAt: 6 });
  });

  test("who has not seen the last write writes nothing", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const rollouts = open({ sql, kept, evidence: seen({ start: () => new Promise(() => {}) }) });
    const { id } = await rollouts.start(order, ann);
    await rollouts.stop();
    const store = createRolloutStore(sql, null);
    const found = (await store.find(id))!;
    const { status } = found.rollout;
    const written = { status: { ...status, paused: true }, events: [], consumed: [], sight: null, at: 1 };
    await store.write(found, written);
    await expect(store.write(found, { ...written, status })).rejects.toMatchObject({ code: "conflict" });
    expect(await rollouts.get(id)).toMatchObject({ status: { paused: true } });
  });

  test("an endpoint has one at most: another takes its place, the same does not begin again", async () => {
    const [sql, kept] = [await openMigrated(), keepEndpoint()];
    const evidence = seen({ observe: async () => ({ samples: 0, labels: 0, evidence: [] }) });
    const rollouts = open({ sql, kept, evidence });
    const first = await rollouts.start(order, ann);
    await expect(rollouts.start(order, ann)).rejects.toMatchObject({ code: "precondition_failed" });
    await expect(rollouts.start({ ...order, version: 1 }, ann)).rejects.toMatchObject({ code: "precondition_failed" });
    const other = { ...order, version: 3 };
    await expect(rollouts.start(other, ann)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining(first.id),
      details: { rollout: first.id },
    });
    expect(await rollouts.findActive("flights")).toMatchObject({ id: first.id });
    expect(await rollouts.plan(other)).toMatchObject({ supersedes: first.id });
    const stray = rollouts.plan({ ...other, model: "ships" });
    await expect(stray).rejects.toMatchObject({
      code: "precondition_failed",
      message: expect.stringMatching(/flights serves versions of flights, and ships@3 is none/),
    });
    await expect(rollouts.start({ ...other, model: "ships" }, ann)).rejects.toMatchObject({
      code: "precondition_failed",
    });
    const second = await rollouts.start({ ...other, supersede: true }, { ...ann, author: "bob" });
    expect(await rollouts.get(first.id)).toMatchObject({ status: { phase: "superseded" } });
    expect(await rollouts.verify(first.id)).toMatchObject({ brokenAt: null });
    expect(await rollouts.findActive("flights")).toMatchObject({ id: second.id, from: 1, to: 3 });
    expect((await rollouts.list({ limit: 10, cursor: null, endpoint: "flights", active: true })).items).toHaveLength(1);
    expect((await rollouts.list({ limit: 1, cursor: null })).items).toMatchObject([{ id: second.id }]);
    await rollouts.stop();
  });
});

/** Sqlite in memory, for what is about the driver. */
async function openMemory(): Promise<Sql> {
  const { openSqlite } = await import("../platform/sql/index.ts");
  const sql = await openSqlite({ path: ":memory:" });
  await migrate(sql, [...accessMigrations, ...rolloutMigrations]);
  return sql;
}

class Killed extends Error {}

const patience = { timeout: 120_000 };

test(
  "killed at every boundary of every tick it comes to the same end: no event is lost or doubled",
  patience,
  async () => {
    // A tick has four places: three at a time come by all of them.
    const stride = process.env["MODE"] === "all" ? 1 : 3;
    for (let last = 1; last < 40; last += stride) {
      const [sql, kept] = [await openMemory(), keepEndpoint()];
      const finished: string[] = [];
      const finish = async (rollout: string) => void finished.push(rollout);
      const evidence = seen({ finish });
      const done: string[] = [];
      const onStep = (step: string) => {
        done.push(step);
        // From here on the process does nothing any more.
        if (done.length >= last) throw new Killed();
      };
      const dying = open({ sql, kept, evidence, onStep });
      await dying.run();
      const begun = await dying.start(order, ann);
      while (done.length < last) {
        if (terminalPhases.has((await dying.get(begun.id)).status.phase)) break;
        await systemClock.sleep(1);
      }
      await dying.stop();
      const again = open({ sql, kept, evidence });
      await again.run();
      const { id } = (await again.list({ limit: 1, cursor: null })).items[0]!;
      expect(await untilEnd(again, { id })).toMatchObject({ status: { phase: "succeeded" } });
      expect(await kindsOf(again, { id }), `killed at ${last}`).toEqual(promoted);
      expect(await again.verify(id)).toMatchObject({ brokenAt: null });
      expect(kept.endpoint.spec).toMatchObject({ target: { version: 2 }, traffic: { arms: [] } });
      // Also one that had ended on record before it was told.
      while (!finished.includes(id)) await systemClock.sleep(1);
      await again.stop();
      await sql.close();
    }
  },
);

test("an abort waits for no evidence and no load", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const never = new Promise<never>(() => {});
  const rollouts = open({ sql, kept, evidence: seen({ observe: () => never }) });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  while ((await rollouts.get(begun.id)).status.enteredAt === null) await systemClock.sleep(1);
  await rollouts.command(begun.id, "abort", { author: "bob", message: "no" });
  expect(await untilEnd(rollouts, begun)).toMatchObject({
    status: { phase: "cancelled", reason: "bob aborted it: no" },
  });
  expect(kept.endpoint.spec.traffic.arms).toEqual([]);

  kept.loading = never;
  const second = await rollouts.start(order, ann);
  while ((await rollouts.get(second.id)).status.phase !== "stepping") await systemClock.sleep(1);
  await rollouts.command(second.id, "abort", ann);
  expect(await untilEnd(rollouts, second)).toMatchObject({ status: { phase: "cancelled" } });
  await rollouts.stop();
  await sql.close();
});

test.each([
  ["the first step", order],
  ["the promotion", { ...order, section: { strategy: "immediate" as const, gates: [] } }],
])("what %s was loading when it was aborted never comes into force", async (_, ordered) => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const load = Promise.withResolvers<void>();
  kept.loading = load.promise;
  const rollouts = open({ sql, kept });
  await rollouts.run();
  const begun = await rollouts.start(ordered, ann);
  while (!["stepping", "promoting"].includes((await rollouts.get(begun.id)).status.phase)) await systemClock.sleep(1);
  await rollouts.command(begun.id, "abort", ann);
  expect(await untilEnd(rollouts, begun)).toMatchObject({ status: { phase: "cancelled" } });
  load.resolve();
  await new Promise((resolve) => void setImmediate(resolve));
  expect([kept.endpoint.spec.target?.version, kept.revisions]).toEqual([1, []]);
  await rollouts.stop();
  await sql.close();
});

test("one whose place another takes while its candidate loads sends nothing to it any more", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const load = Promise.withResolvers<void>();
  kept.loading = load.promise;
  const rollouts = open({ sql, kept });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  while ((await rollouts.get(begun.id)).status.phase !== "stepping") await systemClock.sleep(1);
  const next = await rollouts.start({ ...order, version: 3, supersede: true }, ann);
  load.resolve();
  await untilEnd(rollouts, next);
  expect(kept.revisions.flatMap(({ spec }) => spec.traffic.arms).every(({ version }) => version === 3)).toBe(true);
  await rollouts.stop();
  await sql.close();
});

test("evidence that fails holds the step and says why; harm takes it back", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  let observe: RolloutEvidence["observe"] = () => Promise.reject(new Error("the lake is gone"));
  const rollouts = open({ sql, kept, evidence: seen({ observe: (rollout, now) => observe(rollout, now) }) });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  let rollout = begun;
  while (rollout.status.held?.reason !== "metric_error")
    rollout = await rollouts.wait(begun.id, { after: rollout.status.seq, timeoutMs: 100 });
  expect(rollout.status.held.message).toContain("the lake is gone");
  expect(await rollouts.explain(begun.id)).toMatchObject({
    next: { kind: "step", step: 1 },
    needs: [{ reason: "hold" }, { reason: "min_samples", met: false }],
  });
  observe = async () => ({ samples: 1, labels: 0, evidence: [showing("errors", "fail")] });
  expect(await untilEnd(rollouts, begun)).toMatchObject({
    status: { phase: "rolled_back", verdict: "fail", reason: "errors is fail." },
  });
  expect(kept.endpoint.spec).toMatchObject({ target: { version: 1 }, traffic: { arms: [] } });
  await rollouts.stop();
  await sql.close();
});

test("what somebody deploys meanwhile ends it; settings of others do not", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const rollouts = open({
    sql,
    kept,
    evidence: seen({ observe: async () => ({ samples: 0, labels: 0, evidence: [] }) }),
  });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  while ((await rollouts.get(begun.id)).status.enteredAt === null) await systemClock.sleep(1);
  change(kept, { owner: "team" }, { action: "apply", message: null });
  await rollouts.command(begun.id, "pause", ann);
  expect(await rollouts.get(begun.id)).toMatchObject({
    status: { phase: "stepping", paused: true, revision: kept.endpoint.revision },
  });
  change(kept, { target: { model: "flights", version: 9, follows: null } }, { action: "deploy", message: null });
  expect(await untilEnd(rollouts, begun)).toMatchObject({ status: { phase: "superseded" } });
  expect(kept.endpoint.spec.target?.version).toBe(9);
  await expect(rollouts.command(begun.id, "resume", ann)).rejects.toMatchObject({ code: "precondition_failed" });
  await rollouts.stop();
  await sql.close();
});

test("gates that somebody cancelled, or that broke, are asked again", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  let asked = 0;
  const gates: RolloutsDeps["gates"] = {
    run: async () => void asked++,
    results: async () => (asked < 3 ? null : []),
    cancel: async () => {},
  };
  const clock = { ...hasty, monotonic: () => systemClock.monotonic() * 1000 };
  const rollouts = open({ sql, kept, gates, clock });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  expect(await untilEnd(rollouts, begun)).toMatchObject({ status: { phase: "succeeded" } });
  expect(asked).toBe(3);
  await rollouts.stop();
  await sql.close();
});

test("the kill switch ends one that has no traffic yet", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const gates: RolloutsDeps["gates"] = { run: async () => {}, results: async () => null, cancel: async () => {} };
  const rollouts = open({ sql, kept, gates });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  while ((await rollouts.get(begun.id)).status.phase !== "gating") await systemClock.sleep(1);
  change(kept, { stop: "refuse" }, { action: "stop", message: null });
  expect(await untilEnd(rollouts, begun)).toMatchObject({
    status: { phase: "superseded", reason: expect.stringContaining("(stop by eve)") as string },
  });
  // To let it serve again is nobody's taking of the traffic.
  const next = await rollouts.start(order, ann);
  change(kept, { stop: null }, { action: "stop", message: null });
  while ((await rollouts.get(next.id)).status.revision < kept.endpoint.revision) await systemClock.sleep(1);
  expect(await rollouts.get(next.id)).toMatchObject({ status: { phase: "gating" } });
  await rollouts.stop();
  await sql.close();
});

test("harm is averted as well while the promotion does not come into force", async () => {
  const [sql, kept] = [await openMemory(), keepEndpoint()];
  const observe: RolloutEvidence["observe"] = async ({ status }) => {
    // From here on the candidate's load does not end.
    if (status.step === 1) kept.loading = new Promise(() => {});
    const verdict = status.phase === "promoting" ? "fail" : "pass";
    return { samples: 10, labels: 0, evidence: [showing("errors", verdict)] };
  };
  const rollouts = open({ sql, kept, evidence: seen({ observe }) });
  await rollouts.run();
  const begun = await rollouts.start(order, ann);
  expect(await untilEnd(rollouts, begun)).toMatchObject({ status: { phase: "rolled_back", verdict: "fail" } });
  expect(kept.endpoint.spec).toMatchObject({ target: { version: 1 }, traffic: { arms: [] } });
  await rollouts.stop();
  await sql.close();
});
