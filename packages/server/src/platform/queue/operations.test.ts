import { SlipwayError } from "@slipway/contract";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import type { Logger } from "../../kernel/logger.ts";
import { migrate } from "../sql/index.ts";
import type { Sql } from "../sql/index.ts";
import { describeStores } from "../sql/testing/describe-stores.ts";
import type { OpenStore } from "../sql/testing/describe-stores.ts";
import { queueMigrations } from "./migrations.ts";
import { isFinished } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { createOperations } from "./operations.ts";
import type { Operations, Run } from "./operations.ts";

const firstPage = { limit: 100, cursor: null };

async function useOperations(open: OpenStore) {
  const sql = await open();
  await migrate(sql, queueMigrations);
  const logged: object[] = [];
  const logger: Logger = { ...silentLogger, error: (facts) => void logged.push(facts) };
  const make = () => createOperations({ sql, clock: systemClock, logger });
  return { sql, operations: make(), restarted: make, logged };
}

function finished(operations: Operations, id: string): Promise<Operation> {
  return new Promise((resolve) => {
    operations.watch(id, (operation) => isFinished(operation.state) && resolve(operation));
  });
}

/** A run that ends when told to, or with its signal. */
function useGate() {
  const { promise, resolve } = Promise.withResolvers<object>();
  const begun = Promise.withResolvers<void>();
  const run: Run = ({ signal }) => {
    begun.resolve();
    const aborted = new Promise<object>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
    return Promise.race([promise, aborted]);
  };
  return { run, end: resolve, begun: begun.promise };
}

async function storedState(sql: Sql, id: string): Promise<string> {
  const row = await sql.db.selectFrom("operations").select("state").where("id", "=", id).executeTakeFirst();
  return String(row?.["state"]);
}

describeStores("operations", (open) => {
  test("run, tell their progress and keep their result", async () => {
    const { operations, restarted, sql } = await useOperations(open);
    const seen: Operation[] = [];
    const gate = Promise.withResolvers<void>();
    const started = await operations.start("deploy", "model:m", async ({ progress }) => {
      await gate.promise;
      progress("probe", "Opening the file");
      progress("probe", "Opening the file", 0.5);
      progress("load", "Loading", 0.1);
      return { version: 3, at: new Date(0) };
    });
    expect(started).toMatchObject({ kind: "deploy", subject: "model:m", state: "queued", finishedAt: null });
    operations.watch(started.id, (operation) => {
      seen.push(operation);
    });
    expect(seen.length).toBe(1);
    gate.resolve();
    const done = await finished(operations, started.id);
    expect(done).toMatchObject({ state: "succeeded", stage: "load", fraction: 1, error: null });
    expect(done.result).toEqual({ version: 3, at: "1970-01-01T00:00:00.000Z" });
    expect(done.log.map((entry) => entry.message)).toEqual(["Opening the file", "Loading"]);
    expect(seen.at(-1)).toEqual(done);
    expect(seen.map((operation) => operation.fraction)).toContain(0.5);
    expect(await storedState(sql, started.id)).toBe("succeeded");
    expect(await restarted().get(started.id)).toEqual(done);
    expect(await finished(restarted(), started.id)).toEqual(done);
  });

  test("fail with the error's own code, or as internal with an id that is in the log", async () => {
    const { operations, logged } = await useOperations(open);
    const known = await operations.start("deploy", "a", async () => {
      throw new SlipwayError("invalid_model", "No such thing.", { file: "x" });
    });
    expect(await finished(operations, known.id)).toMatchObject({
      state: "failed",
      error: { code: "invalid_model", message: "No such thing.", details: { file: "x" } },
    });
    for (const run of [() => Promise.reject(new Error("secret path")), async () => ({ big: 1n })]) {
      const { id } = await operations.start("deploy", "a", run);
      const { state, error } = await finished(operations, id);
      expect({ state, code: error?.code }).toEqual({ state: "failed", code: "internal" });
      expect(error?.message).not.toContain("secret");
      expect(logged.at(-1)).toMatchObject({ operation: id, error_id: error?.details["error_id"] });
    }
  });

  test("of one subject run one after the other, of others side by side", async () => {
    const { operations } = await useOperations(open);
    const [one, two, other] = [useGate(), useGate(), useGate()];
    const first = await operations.start("deploy", "a", one.run);
    const second = await operations.start("deploy", "a", two.run);
    await operations.start("deploy", "b", other.run);
    await Promise.all([one.begun, other.begun]);
    expect((await operations.get(second.id)).state).toBe("queued");
    one.end({});
    await two.begun;
    expect((await finished(operations, first.id)).state).toBe("succeeded");
    two.end({});
    other.end({});
    expect((await finished(operations, second.id)).state).toBe("succeeded");
  });

  test("a failed one does not hold up its subject", async () => {
    const { operations } = await useOperations(open);
    await operations.start("deploy", "a", () => Promise.reject(new SlipwayError("invalid_model", "no")));
    const next = await operations.start("deploy", "a", async () => ({}));
    expect((await finished(operations, next.id)).state).toBe("succeeded");
  });

  test("are cancelled at once where they are queued, and by their signal where they run", async () => {
    const { operations, sql } = await useOperations(open);
    const [one, two] = [useGate(), useGate()];
    const first = await operations.start("deploy", "a", one.run);
    const second = await operations.start("deploy", "a", two.run);
    await one.begun;
    expect(await operations.cancel(second.id)).toMatchObject({ state: "cancelled", error: { code: "cancelled" } });
    expect(await storedState(sql, second.id)).toBe("cancelled");
    await operations.cancel(first.id);
    const cancelled = await finished(operations, first.id);
    expect(cancelled).toMatchObject({ state: "cancelled", error: { code: "cancelled" } });
    expect(await operations.cancel(first.id)).toEqual(cancelled);
    await expect(operations.cancel("nothing")).rejects.toMatchObject({ code: "operation_not_found" });
    const stubborn = useGate();
    const third = await operations.start("deploy", "a", () => {
      void stubborn.run({ signal: AbortSignal.any([]), progress: () => {} });
      return sleep(20, { done: true });
    });
    await stubborn.begun;
    expect((await operations.cancel(third.id)).state).toBe("running");
    expect(await finished(operations, third.id)).toMatchObject({ state: "succeeded", result: { done: true } });
  });

  test("that a dead process left are marked as interrupted", async () => {
    const { operations, restarted } = await useOperations(open);
    const gate = useGate();
    const left = await operations.start("deploy", "a", gate.run);
    const queued = await operations.start("deploy", "a", gate.run);
    await gate.begun;
    const next = restarted();
    const mine = await next.start("deploy", "b", useGate().run);
    expect(await next.recover()).toBe(2);
    for (const { id } of [left, queued])
      expect(await next.get(id)).toMatchObject({ state: "failed", error: { code: "interrupted" } });
    expect((await next.get(mine.id)).finishedAt).toBe(null);
    expect(await next.recover()).toBe(0);
  });

  test("drain: waits for what runs, interrupts the rest, takes nothing new", async () => {
    const { operations, sql } = await useOperations(open);
    const slow = await operations.start("deploy", "a", () => sleep(50, { done: true }));
    const queued = await operations.start("deploy", "a", async () => ({}));
    let late: (() => void) | undefined;
    const stuck = await operations.start(
      "deploy",
      "b",
      ({ progress }) =>
        new Promise((resolve) => {
          late = () => {
            progress("late", "too late");
            resolve({ done: true });
          };
        }),
    );
    await operations.drain(300);
    await expect(operations.start("deploy", "c", async () => ({}))).rejects.toMatchObject({ code: "shutting_down" });
    const states = await Promise.all([slow, queued, stuck].map(({ id }) => storedState(sql, id)));
    expect(states).toEqual(["succeeded", "failed", "failed"]);
    late!();
    await sleep(20);
    expect(await operations.get(stuck.id)).toMatchObject({
      state: "failed",
      error: { code: "interrupted" },
      stage: "",
    });
  });

  test("drain does not wait where nothing runs", async () => {
    const { operations } = await useOperations(open);
    const begun = performance.now();
    await operations.drain(60_000);
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  test("write their progress at most four times a second, the last of it always", async () => {
    const { sql } = await useOperations(open);
    let updates = 0;
    const counting: Sql = { ...sql, as: () => ({ ...sql, db: countUpdates(sql.db, () => updates++) }) };
    const operations = createOperations({ sql: counting, clock: systemClock, logger: silentLogger });
    const gate = Promise.withResolvers<void>();
    const { id } = await operations.start("deploy", "a", async ({ progress }) => {
      for (let i = 0; i < 1000; i++) progress("upload", "Uploading", i / 1000);
      await gate.promise;
      return {};
    });
    await expect
      .poll(async () => (await sql.db.selectFrom("operations").select("fraction").executeTakeFirst())?.["fraction"])
      .toBe(0.999);
    // The start, the first progress where the start was slow, the last one.
    expect(updates).toBeLessThanOrEqual(3);
    gate.resolve();
    await finished(operations, id);
    expect(updates).toBeLessThanOrEqual(4);
  });

  test("are listed newest first, in pages", async () => {
    const { operations } = await useOperations(open);
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      ids.push((await operations.start("deploy", `${i}`, async () => ({}))).id);
      await sleep(2);
    }
    const first = await operations.list({ limit: 3, cursor: null });
    const second = await operations.list({ limit: 3, cursor: first.next });
    expect([...first.items, ...second.items].map((operation) => operation.id)).toEqual(ids.toReversed());
    expect(second.next).toBe(null);
    expect((await operations.list(firstPage)).items.length).toBe(5);
    await expect(operations.get("nothing")).rejects.toMatchObject({ code: "operation_not_found" });
  });

  test("are forgotten when they ended long ago, and not while they run", async () => {
    const { operations, restarted } = await useOperations(open);
    const gate = useGate();
    const running = await operations.start("deploy", "running", gate.run);
    const ended = await operations.start("deploy", "ended", async () => ({}));
    const { finishedAt } = await finished(operations, ended.id);
    await gate.begun;
    expect(await operations.prune(finishedAt!, { dryRun: false })).toEqual([]);
    expect(await operations.prune(finishedAt! + 1, { dryRun: true })).toEqual([ended.id]);
    expect(await operations.prune(Number.MAX_SAFE_INTEGER, { dryRun: false })).toEqual([ended.id]);
    await expect(restarted().get(ended.id)).rejects.toMatchObject({ code: "operation_not_found" });
    gate.end({});
    expect(await finished(operations, running.id)).toMatchObject({ state: "succeeded" });
  });

  test("a listener that stopped, or fails, disturbs nobody", async () => {
    const { operations, logged } = await useOperations(open);
    const gate = useGate();
    const { id } = await operations.start("deploy", "a", gate.run);
    let calls = 0;
    const stop = operations.watch(id, () => void calls++);
    stop();
    let isFirst = true;
    operations.watch(id, () => {
      if (!isFirst) throw new Error("listener");
      isFirst = false;
    });
    gate.end({});
    expect((await finished(operations, id)).state).toBe("succeeded");
    expect(calls).toBe(1);
    expect(logged.length).toBeGreaterThan(0);
  });
});

function countUpdates(db: Sql["db"], onUpdate: () => void): Sql["db"] {
  return new Proxy(db, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key === "updateTable") onUpdate();
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
