import type { Page, PageQuery } from "../../kernel/page.ts";
import { isFinished, type Operations, type RunContext } from "../../platform/queue/index.ts";
import { requireVerified } from "../../registry/index.ts";
import type { GateResult } from "../observations.ts";
import type { Rollout } from "../rollout.ts";
import { createChecks } from "./checks.ts";
import type { GateFiles } from "./gate-files.ts";
import { nameGates, toErrorFinding, type GateJob } from "./gate.ts";
import type { GatesDeps } from "./gates-deps.ts";
import { createGateStore, type KeptGate, type OfVersion } from "./store.ts";

export interface Gates {
  /**
   * Starts the operation that asks the gates of a rollout, one after the other; what has been said stays said, so that after a restart
   * it goes on behind that. Calls while it runs, or when all have spoken, do nothing.
   */
  run(rollout: Rollout): Promise<void>;
  /** What all of them say, in their order. Null: they still run, or were not begun. */
  results(rollout: Rollout): Promise<readonly GateResult[] | null>;
  /** Ends what still runs for a rollout that is over. */
  cancel(rolloutId: string): Promise<void>;
  /** What the gates of all its rollouts said of a version, newest first. */
  listOfVersion(of: OfVersion, query: PageQuery): Promise<Page<KeptGate>>;
  /** What the gates of a version read. */
  readonly files: GateFiles;
}

/** The checks before the first step of a rollout. What they found stays with the version. */
export function createGates(deps: GatesDeps): Gates {
  const { operations, registry, endpoints, clock, logger } = deps;
  const store = createGateStore(deps.sql);
  const { files } = deps;
  const checkOf = createChecks({ ...deps, files });
  /** Rollouts whose gates run, and by which operation. */
  const running = new Map<string, string>();

  async function toJob(rollout: Rollout, { signal, progress }: RunContext): Promise<GateJob> {
    const { model, from, to } = rollout;
    return {
      rollout,
      endpoint: await endpoints.require(rollout.endpoint),
      candidate: requireVerified(await registry.requireVersion(model, to)),
      champion: requireVerified(await registry.requireVersion(model, from)),
      signal,
      onProgress: (message, fraction = null) => progress("gates", message, fraction),
    };
  }

  async function runAll(rollout: Rollout, context: RunContext): Promise<object> {
    const said = new Set((await store.listOf(rollout.id)).map(({ gate }) => gate));
    const { id, endpoint, model, to: version, from: comparedWith } = rollout;
    const names = nameGates(rollout.spec.gates);
    for (const [place, spec] of rollout.spec.gates.entries()) {
      const gate = names[place]!;
      if (said.has(gate)) continue;
      context.signal.throwIfAborted();
      context.progress("gates", `${gate} of ${model}@${version}`, place / names.length);
      const found = await toJob(rollout, context)
        .then((job) => checkOf(spec)(job))
        .catch((error: unknown) => {
          context.signal.throwIfAborted();
          logger.warn({ rollout: id, gate, error }, "a gate could not be asked");
          return toErrorFinding(error);
        });
      context.signal.throwIfAborted();
      const about = { rollout: id, gate, place, endpoint, model, version, comparedWith };
      await store.put({ ...about, ...found, finishedAt: clock.now() });
    }
    return { gates: (await store.listOf(id)).map(({ gate, verdict, message }) => ({ gate, verdict, message })) };
  }

  async function results(rollout: Rollout): Promise<readonly GateResult[] | null> {
    const kept = await store.listOf(rollout.id);
    if (kept.length < rollout.spec.gates.length) return null;
    return kept.map(({ gate, verdict, message, evidence }) => ({ gate, verdict, message, evidence }));
  }

  return {
    async run(rollout) {
      const known = running.get(rollout.id);
      if (known === "" || (known !== undefined && !(await isOver(operations, known)))) return;
      if (running.get(rollout.id) !== known) return;
      running.set(rollout.id, "");
      try {
        if ((await results(rollout)) !== null) {
          running.delete(rollout.id);
          return;
        }
        const operation = await operations.start("gates", `gates of ${rollout.endpoint}`, async (context) => {
          try {
            return await runAll(rollout, context);
          } finally {
            running.delete(rollout.id);
          }
        });
        // It may have ended already.
        if (running.has(rollout.id)) running.set(rollout.id, operation.id);
      } catch (error) {
        running.delete(rollout.id);
        throw error;
      }
    },
    results,
    async cancel(rolloutId) {
      const operation = running.get(rolloutId);
      if (operation) await operations.cancel(operation);
    },
    listOfVersion: store.listOfVersion,
    files,
  };
}

/** One that somebody cancelled before its turn came never ran. */
async function isOver(operations: Operations, id: string): Promise<boolean> {
  const { state } = await operations.get(id).catch(() => ({ state: "failed" as const }));
  return isFinished(state);
}
