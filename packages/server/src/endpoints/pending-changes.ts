import { SlipwayError } from "@slipway/contract";
import type { Action, Endpoint, EndpointSpec } from "./endpoint.ts";

/** A change that was asked for and is not written. */
export interface PendingChange {
  readonly name: string;
  readonly action: Action;
  /** What it loads; null: nothing yet. */
  spec: EndpointSpec | null;
  /** @throws SlipwayError `conflict` where a later change has ended it */
  check(): void;
  /** Does not wait for `work` any longer once it was ended; what comes of the work is then handed to `late`. @throws as `check` */
  unlessEnded<T>(work: Promise<T>, late?: (result: T) => void): Promise<T>;
}

export interface PendingChanges {
  /** `signal`: who asked for it wants it no longer. */
  add(name: string, action: Action, signal?: AbortSignal): PendingChange;
  remove(change: PendingChange): void;
  list(): readonly { readonly name: string; readonly spec: EndpointSpec }[];
  /** Ends what was asked for before `by` and would undo what it takes away. */
  endEarlier(by: PendingChange, endpoint: Endpoint, before: Endpoint | null): void;
}

type Held = PendingChange & { end(error: SlipwayError): void; forget(): void };

export function createPendingChanges(): PendingChanges {
  /** In the order in which they were asked for. */
  const all = new Set<Held>();
  return {
    add(name, action, signal) {
      const change = createPending(name, action, signal);
      all.add(change);
      return change;
    },
    remove(change) {
      all.delete(change as Held);
      (change as Held).forget();
    },
    list: () => [...all].flatMap(({ name, spec }) => (spec === null ? [] : [{ name, spec }])),
    endEarlier(by, endpoint, before) {
      const ends = listEnded(by.action, endpoint, before);
      for (const other of all) {
        if (other === by) return;
        if (other.name !== by.name || !ends(other.action)) continue;
        const why = `A ${other.action} of ${by.name} was under way when a ${by.action} took it back (revision ${endpoint.revision}). Ask for it again if it is still wanted.`;
        other.end(new SlipwayError("conflict", why, { revision: endpoint.revision }));
      }
    },
  };
}

function createPending(name: string, action: Action, unwanted?: AbortSignal): Held {
  const ended = new AbortController();
  const giveUp = () => {
    const why = `The ${action} of ${name} is not wanted any more; nothing of it was put in force.`;
    ended.abort(new SlipwayError("conflict", why, { endpoint: name }));
  };
  if (unwanted?.aborted) giveUp();
  else unwanted?.addEventListener("abort", giveUp, { once: true });
  return {
    name,
    action,
    spec: null,
    check: () => ended.signal.throwIfAborted(),
    end: (error) => ended.abort(error),
    forget: () => unwanted?.removeEventListener("abort", giveUp),
    unlessEnded<T>(work: Promise<T>, late?: (result: T) => void): Promise<T> {
      const { signal } = ended;
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      const onEnd = () => reject(signal.reason);
      if (signal.aborted) onEnd();
      else signal.addEventListener("abort", onEnd);
      work
        .then((result) => (signal.aborted ? late?.(result) : resolve(result)), reject)
        .finally(() => signal.removeEventListener("abort", onEnd));
      return promise;
    },
  };
}

const everything = () => true;
const nothing = () => false;

/** A rollout takes back what it has begun itself, and nothing that a person asked for. */
function listEnded(action: Action, { spec }: Endpoint, before: Endpoint | null): (other: Action) => boolean {
  if (action === "rollback" || action === "undeploy") return everything;
  if (action === "stop") return spec.stop === null ? nothing : everything;
  if (action !== "traffic" && action !== "rollout") return nothing;
  const { arms, shadows } = spec.traffic;
  const isTaking = arms.length === 0 && shadows.length === 0 && before?.spec.target?.version === spec.target?.version;
  if (!isTaking) return nothing;
  return (other) => other === "rollout" || (action === "traffic" && other === "traffic");
}
