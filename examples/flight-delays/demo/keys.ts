// The keyboard: any key ends the waiting of the step under way, Ctrl-C ends the demo.
import type { ReadStream } from "node:tty";
import { waitUntil } from "./wait.ts";

export interface Keys {
  /** Forgets a key that was pressed in the step before. */
  beginStep(): void;
  /** Waits, but not longer than until a key is pressed or the time of the whole demo is used up. */
  pause(ms: number): Promise<void>;
  /** Ends when `done` says so, when a key is pressed, or after `ms`. */
  pauseUntil(done: () => boolean, ms: number): Promise<void>;
  close(): void;
}

export interface KeysOptions {
  readonly stdin: ReadStream;
  /** On the clock of performance.now(); pauses after it take no time. */
  readonly endAt: number;
  readonly onInterrupt: () => void;
}

export function createKeys({ stdin, endAt, onInterrupt }: KeysOptions): Keys {
  let skipped = false;
  const isTerminal = stdin.isTTY;

  function onData(bytes: Buffer): void {
    // In raw mode the terminal sends Ctrl-C as a byte and no signal.
    if (bytes.includes(3)) onInterrupt();
    else skipped = true;
  }

  if (isTerminal) {
    stdin.setRawMode(true);
    stdin.on("data", onData);
    stdin.resume();
  }

  function pauseUntil(done: () => boolean, ms: number): Promise<void> {
    return waitUntil(() => skipped || done(), Math.min(ms, endAt - performance.now()));
  }

  return {
    beginStep: () => void (skipped = false),
    pause: (ms) => pauseUntil(() => false, ms),
    pauseUntil,
    close: () => {
      if (!isTerminal) return;
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
    },
  };
}
