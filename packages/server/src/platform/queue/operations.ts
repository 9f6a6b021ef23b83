import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Page, PageQuery } from "../../kernel/page.ts";
import type { Sql } from "../sql/index.ts";
import { interruption, LiveOperation } from "./live-operation.ts";
import { advance } from "./operation.ts";
import type { Operation } from "./operation.ts";
import { createOperationStore } from "./store.ts";
import { Turns } from "../../kernel/turns.ts";

export interface RunContext {
  /** Aborted where the operation is cancelled or the server stops; its reason is a SlipwayError. */
  readonly signal: AbortSignal;
  /** `fraction` is 0 to 1 of the stage; null or left out where it is not known. Cheap: call it as often as you like. */
  progress(stage: string, message: string, fraction?: number | null): void;
}

/** The work. What it resolves to is the operation's result, as JSON keeps it. */
export type Run = (context: RunContext) => Promise<object>;

export interface Operations {
  /** Resolves when the operation is on record, queued. @throws SlipwayError `shutting_down` */
  start(kind: string, subject: string, run: Run): Promise<Operation>;
  /** @throws SlipwayError `operation_not_found` */
  get(id: string): Promise<Operation>;
  /** Newest first. */
  list(page: PageQuery): Promise<Page<Operation>>;
  /**
   * Asks the operation to end and resolves with what it is now: cancelled where it was queued; still running until its
   * work has noticed; unchanged where it is finished. @throws SlipwayError `operation_not_found`
   */
  cancel(id: string): Promise<Operation>;
  /**
   * Calls with the state now, then with each change; the last call is the finished operation. For one that is finished
   * already there is one call, a moment later; for an unknown id none: `get` first.
   */
  watch(id: string, listener: (operation: Operation) => void): () => void;
  /** Forgets operations that ended before, in milliseconds since 1970, and resolves with their ids. */
  prune(before: number, how: { readonly dryRun: boolean }): Promise<readonly string[]>;
  /** At start: what the last process left unfinished becomes failed with `interrupted`. Resolves with how many. */
  recover(): Promise<number>;
  /**
   * Takes nothing new, drops what is queued, waits for what runs and interrupts it after `timeoutMs`. Resolves when
   * every operation is finished on record.
   */
  drain(timeoutMs: number): Promise<void>;
}

export interface OperationsDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
}

export function createOperations({ sql, clock, logger }: OperationsDeps): Operations {
  const store = createOperationStore(sql);
  const lives = new Map<string, LiveOperation>();
  const running = new Set<Promise<void>>();
  const turns = new Turns();
  let isDraining = false;

  async function start(kind: string, subject: string, run: Run): Promise<Operation> {
    if (isDraining) throw new SlipwayError("shutting_down", "The server is shutting down and starts nothing new.");
    const operation = newOperation(kind, subject, clock.now());
    const live = new LiveOperation(operation, { store, clock, logger });
    lives.set(operation.id, live);
    try {
      await live.insert();
    } catch (error) {
      lives.delete(operation.id);
      throw error;
    }
    const done = turns
      .take(subject, () => execute(live, run))
      .catch((error: unknown) => logger.error({ operation: operation.id, error }, "An operation could not be run."))
      .finally(() => forget(live));
    running.add(done);
    void done.finally(() => running.delete(done));
    return operation;
  }

  /** Stays known where its end could not be written. */
  function forget(live: LiveOperation): void {
    if (live.operation.finishedAt !== null) lives.delete(live.operation.id);
  }

  async function find(id: string): Promise<Operation> {
    const operation = lives.get(id)?.operation ?? (await store.find(id));
    if (operation) return operation;
    throw new SlipwayError("operation_not_found", `There is no operation ${id}.`, { id });
  }

  return {
    start,
    get: find,

    async list(page) {
      const { items, next } = await store.list(page);
      return { items: items.map((item) => lives.get(item.id)?.operation ?? item), next };
    },

    async cancel(id) {
      await lives.get(id)?.cancel();
      return find(id);
    },

    watch(id, listener) {
      const live = lives.get(id);
      if (live) return live.watch(listener);
      let isWatching = true;
      store.find(id).then(
        (operation) => isWatching && operation && listener(operation),
        (error: unknown) => logger.error({ operation: id, error }, "An operation could not be read for its listener."),
      );
      return () => void (isWatching = false);
    },

    async prune(before, { dryRun }) {
      const ids = await store.listEnded(before);
      if (!dryRun && ids.length > 0) await store.deleteEnded(before);
      return ids;
    },

    async recover() {
      const left = (await store.listUnfinished()).filter((operation) => !lives.has(operation.id));
      for (const operation of left)
        await store.update(advance(operation, "fail", { at: clock.now(), error: interruption }));
      return left.length;
    },

    async drain(timeoutMs) {
      isDraining = true;
      const interruptWhere = (test: (live: LiveOperation) => boolean) =>
        Promise.all([...lives.values()].filter(test).map((live) => live.interrupt()));
      await interruptWhere((live) => live.isQueued);
      const giveUp = new AbortController();
      await Promise.race([Promise.all(running), clock.sleep(timeoutMs, giveUp.signal)]);
      giveUp.abort();
      await interruptWhere(() => true);
    },
  };
}

async function execute(live: LiveOperation, run: Run): Promise<void> {
  if (!live.isQueued) return;
  await live.started();
  try {
    live.signal.throwIfAborted();
    const result = await run({
      signal: live.signal,
      progress: (stage, message, fraction = null) => live.progress({ stage, message, fraction }),
    });
    await live.succeeded(JSON.parse(JSON.stringify(result)) as object);
  } catch (error) {
    await live.failed(error);
  }
}

function newOperation(kind: string, subject: string, now: number): Operation {
  return {
    id: createId(),
    kind,
    subject,
    state: "queued",
    stage: "",
    message: "",
    fraction: null,
    result: null,
    error: null,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
    log: [],
  };
}
