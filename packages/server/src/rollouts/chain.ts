import { createHash } from "node:crypto";
import { canonicalJson } from "@slipway/contract";
import type { NewEvent, RolloutEvent } from "./event.ts";
import { oneLine } from "./one-line.ts";

/** What the first event of a rollout has as the hash before it. */
export const firstHash = "0".repeat(64);

function hashEvent(event: RolloutEvent): string {
  return createHash("sha256")
    .update(canonicalJson({ ...event, hash: undefined }))
    .digest("hex");
}

/** The last link that is there already. */
export interface Link {
  readonly rollout: string;
  readonly seq: number;
  readonly hash: string;
}

/** Numbers new events and binds each to the one before. */
export function toChain(last: Link, events: readonly NewEvent[], at: number): RolloutEvent[] {
  let { seq, hash } = last;
  return events.map((event) => {
    seq += 1;
    // As SQL keeps it: what JSON leaves out is no part of the hash.
    const kept = toOneLine(JSON.parse(JSON.stringify(event)) as NewEvent);
    const open: RolloutEvent = { ...kept, rollout: last.rollout, seq, at, prevHash: hash, hash: "" };
    hash = hashEvent(open);
    return { ...open, hash };
  });
}

function toOneLine(event: NewEvent): NewEvent {
  const evidence = event.evidence.map((each) => ({ ...each, message: oneLine(each.message) }));
  return { ...event, reason: oneLine(event.reason), evidence };
}

export interface ChainCheck {
  readonly events: number;
  /** The first event that is not what it was when it was written; null: all are. */
  readonly brokenAt: number | null;
  readonly reason: string | null;
}

/** Whether events, all of a rollout in their order, are those that were written. `seq`: how many the rollout says it has. */
export function verifyEvents(events: readonly RolloutEvent[], seq: number): ChainCheck {
  let prevHash = firstHash;
  const broken = (at: number, reason: string): ChainCheck => ({ events: events.length, brokenAt: at, reason });
  for (const [i, event] of events.entries()) {
    if (event.seq !== i + 1) return broken(i + 1, `Event ${i + 1} is missing; ${event.seq} stands in its place.`);
    if (event.prevHash !== prevHash)
      return broken(event.seq, `Event ${event.seq} does not follow on the one before it.`);
    if (event.hash !== hashEvent(event))
      return broken(event.seq, `Event ${event.seq} was changed after it was written.`);
    prevHash = event.hash;
  }
  if (events.length < seq)
    return broken(events.length + 1, `The last ${seq - events.length} of ${seq} events are missing.`);
  return { events: events.length, brokenAt: null, reason: null };
}
