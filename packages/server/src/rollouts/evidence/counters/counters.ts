import type { Offset } from "@slipway/runtime/log";
import { readdir } from "node:fs/promises";
import { createShared } from "../../../kernel/shared-run.ts";
import { latencyEdges } from "../../../monitoring/index.ts";
import type { EvidenceDeps } from "../evidence-source.ts";
import { type CounterThread, startCounter } from "./counter-thread.ts";
import type * as tasks from "./counter-tasks.ts";
import type { Plan } from "./counts.ts";
import { findLogEnd } from "./log-end.ts";

const script = new URL(`./counter-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Counts what the arms of rollouts do: each record once, whatever is killed when. */
export function createCounters({ logFolder, sql, log, clock, logger, onStep }: CountersDeps) {
  const { read, write } = sql.tasks<typeof tasks>(script);
  const alone = createTurn();
  let thread: CounterThread | null = null;
  let seen: string | null = null;
  let isClosed = false;

  async function rest(): Promise<void> {
    const ended = thread;
    thread = null;
    seen = null;
    await ended?.close();
  }

  async function countAll(plans: readonly Plan[]): Promise<void> {
    // Whole instances come in from files, which nothing grows.
    const there = JSON.stringify([await log.growing(), await listFolder(logFolder), plans]);
    if (there === seen) return;
    let before = await read("listOffsets", null);
    for (let more = true; more;) {
      thread ??= startCounter({ folder: logFolder, edges: latencyEdges });
      const counted = await thread.count({ after: before, plans });
      await onStep?.("counted");
      const { cells, offsets, damaged } = counted;
      await write("saveCounts", { before, offsets, cells });
      await onStep?.("saved");
      if (damaged > 0) logger.warn({ records: damaged }, "damaged records of the prediction log count for no rollout");
      before = [...offsets];
      more = counted.more;
    }
    seen = there;
  }

  async function pass(): Promise<readonly Plan[]> {
    const plans = await read("listPlans", null);
    if (plans.length === 0) await rest();
    else await countAll(plans);
    return plans;
  }

  const refresh = createShared(() =>
    alone(async () => {
      if (isClosed) return;
      try {
        await pass();
      } catch (error) {
        await rest();
        // What was not stored is read again after the next start.
        if (!isClosed) throw error;
      }
    }),
  );

  return {
    refresh,
    /** Counts for the plan what comes on record from now on. Idempotent. */
    begin: (toPlan: () => Promise<Plan>, rollout: string) =>
      alone(async () => {
        if ((await read("readEvidence", rollout)) !== null) return;
        const plan = await toPlan();
        // Those that are counted already are brought to where this one begins.
        const isFirst = (await pass()).length === 0;
        const before = await read("listOffsets", null);
        const offsets = isFirst ? await findLogEnd(logFolder, log.growing) : before;
        await write("beginEvidence", { plan, before, offsets, now: clock.now() });
      }),
    find: (rollout: string) => read("readEvidence", rollout),
    freeze: (rollout: string, budgets: Readonly<Record<string, number>>) =>
      write("freezeBudgets", { rollout, budgets }),
    markStep: (rollout: string, step: number, revision: number) => write("markStep", { rollout, step, revision }),
    end: (rollout: string) =>
      alone(async () => {
        await write("endEvidence", rollout);
        await pass();
      }),
    async offsets(): Promise<ReadonlyMap<string, Offset>> {
      return new Map((await read("listOffsets", null)).map((offset) => [offset.instance, offset]));
    },
    async close(): Promise<void> {
      isClosed = true;
      await rest();
    },
  };
}

export type CountersDeps = Pick<EvidenceDeps, "logFolder" | "sql" | "log" | "clock" | "logger" | "onStep">;

/** One after the other. */
function createTurn(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

async function listFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
