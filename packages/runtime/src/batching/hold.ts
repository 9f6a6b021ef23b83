import { SlipwayError } from "@slipway/contract/errors";
import type { Replica } from "../runtime.ts";
import { createDelay, type After } from "./delay.ts";

/** What was accepted keeps its place in the queue for so long while no replica is alive. */
const holdMs = 30_000;

export interface HoldDeps {
  readonly replicas: readonly Replica[];
  readonly queue: {
    readonly length: number;
    /** The soonest of what waits; Infinity where none has one. */
    nextDeadline(): number;
    expire(now: number): void;
    clear(error: SlipwayError): void;
  };
  /** Why no replica is alive. */
  readonly trouble: () => string;
  readonly onReady: () => void;
  /** Something left the queue. */
  readonly onLeft: () => void;
  readonly monotonic: () => number;
  readonly after: After | undefined;
}

/** Looks after the queue while replicas are being restarted. */
export interface Hold {
  /** Tells when a replica that is gone is back. */
  expect(replica: Replica): void;
  /** No replica is alive: what waits may wait for one, to its deadline, but not for ever. */
  begin(): void;
  end(): void;
}

export function createHold(deps: HoldDeps): Hold {
  const { replicas, queue, trouble, onReady, onLeft, monotonic } = deps;
  const expected = new Set<Replica>();
  let since: number | null = null;
  const delay = createDelay(deps.after, look);

  function expect(replica: Replica): void {
    if (replica.ready !== false || !replica.whenReady || expected.has(replica)) return;
    expected.add(replica);
    void replica.whenReady().then(() => {
      expected.delete(replica);
      if (replica.ready === false) return;
      end();
      onReady();
    });
  }
  function begin(): void {
    for (const replica of replicas) expect(replica);
    if (queue.length === 0) return;
    if (expected.size === 0) return giveUp();
    since ??= monotonic();
    delay.stop();
    delay.start(Math.max(0, Math.min(queue.nextDeadline(), since + holdMs) - monotonic()));
  }
  function look(): void {
    if (since === null) return;
    const now = monotonic();
    queue.expire(now);
    onLeft();
    if (queue.length === 0) return end();
    if (now >= since + holdMs) return giveUp();
    begin();
  }
  function giveUp(): void {
    end();
    queue.clear(new SlipwayError("not_ready", trouble()));
    onLeft();
  }
  function end(): void {
    since = null;
    delay.stop();
  }
  return { expect, begin, end };
}
