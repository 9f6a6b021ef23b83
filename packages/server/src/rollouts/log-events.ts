import type { Logger } from "../kernel/logger.ts";
import type { NewEvent } from "./event.ts";
import type { Rollout } from "./rollout.ts";
import type { RolloutStore } from "./store.ts";

/** What nobody wants to happen, and what waits for a person. */
const warned: ReadonlySet<string> = new Set(["harm", "held", "warned", "refused"]);
const bad: ReadonlySet<string> = new Set(["rolled_back", "rejected"]);

/** Says in the server's log what happens, once it is on record. */
export function withLog(store: RolloutStore, logger: Pick<Logger, "info" | "warn">): RolloutStore {
  function log({ id, endpoint, model, from, to }: Rollout, events: readonly NewEvent[]): void {
    for (const { kind, actor, step, reason, ...event } of events) {
      const level = warned.has(kind) || (kind === "ended" && bad.has(event.to)) ? "warn" : "info";
      const about = { rollout: id, endpoint, model, from, to, step, phase: event.to, actor };
      logger[level](about, `rollout ${kind}: ${reason}`);
    }
  }
  return {
    ...store,
    async insert(rollout, event, over) {
      await store.insert(rollout, event, over);
      if (over !== null) log(over.found.rollout, over.written.events);
      log(rollout, [event]);
    },
    async write(found, written) {
      const rollout = await store.write(found, written);
      log(rollout, written.events);
      return rollout;
    },
  };
}
