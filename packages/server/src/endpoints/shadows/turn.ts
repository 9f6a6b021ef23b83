import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import { deadline } from "../infer-errors.ts";

/** Requests that are handed over together: they share a deadline, so that a timer is not needed for each. */
export interface Turn {
  /** Aborted: what comes of them is nobody's any more. */
  readonly signal: AbortSignal;
  /** Monotonic milliseconds. */
  readonly deadlineAt: number;
  /** Rejects when it is aborted, whatever still runs. */
  readonly over: Promise<never>;
  enter(): void;
  /** Whoever is the last to leave a turn that is closed stops its timer. */
  leave(): void;
  /** Nobody enters any more. */
  close(): void;
  letGo(): void;
}

export interface TurnOptions {
  readonly clock: Clock;
  readonly longestMs: number;
  readonly onEnd: (turn: Turn) => void;
}

export function createTurn({ clock, longestMs, onEnd }: TurnOptions): Turn {
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => {});
  let inside = 0;
  let closed = false;
  let ended = false;

  function abort(error: SlipwayError): void {
    controller.abort(error);
    reject(error);
    end();
  }
  const stopTimer = clock.after(longestMs, () => abort(deadline(longestMs)));

  function end(): void {
    if (ended) return;
    ended = true;
    stopTimer();
    onEnd(turn);
  }

  const turn: Turn = {
    signal: controller.signal,
    deadlineAt: clock.monotonic() + longestMs,
    over,
    enter: () => void inside++,
    leave() {
      inside--;
      if (inside === 0 && closed) end();
    },
    close() {
      closed = true;
      if (inside === 0) end();
    },
    letGo: () => abort(new SlipwayError("cancelled", "The shadow was taken away.")),
  };
  return turn;
}
