import type { Readable } from "node:stream";

/** A line that a program said, without its end. */
export type OnLine = (text: string) => void;

const mostBytes = 8192;
/** Lines that may come at once, and how many more each second. */
const burst = 100;
const perSecond = 50;

/**
 * Cuts what a program says into lines. Long ones are cut off, bytes that are no UTF-8 become U+FFFD, and where more lines
 * come than anyone reads, their number is said in their place: a program that says a lot must cost the reader little.
 */
export function readLines(stream: Readable, onLine: OnLine): void {
  const limit = createLineLimit(onLine);
  let kept: Buffer[] = [];
  let keptBytes = 0;

  function keep(part: Buffer): void {
    if (part.length === 0 || keptBytes >= mostBytes) return;
    const room = part.subarray(0, mostBytes - keptBytes);
    // A copy: the rest of the chunk need not stay for it.
    kept.push(Buffer.from(room));
    keptBytes += room.length;
  }
  function finish(): void {
    const text = Buffer.concat(kept).toString("utf8").trimEnd();
    kept = [];
    keptBytes = 0;
    if (text !== "") limit.say(text);
  }
  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (limit.open() || keptBytes > 0) {
        keep(chunk.subarray(from, end));
        finish();
      } else limit.skip();
      from = end + 1;
    }
    keep(chunk.subarray(from));
  });
  stream.once("close", () => {
    finish();
    limit.end();
  });
}

function createLineLimit(onLine: OnLine) {
  let left = burst;
  let filledAt = performance.now();
  let skipped = 0;

  function refill(): void {
    const now = performance.now();
    left = Math.min(burst, left + ((now - filledAt) / 1000) * perSecond);
    filledAt = now;
  }
  function saySkipped(): void {
    if (skipped > 0) onLine(`(${skipped} lines left out)`);
    skipped = 0;
  }
  return {
    open(): boolean {
      if (left < 1) refill();
      return left >= 1;
    },
    say(text: string): void {
      if (left < 1) refill();
      if (left < 1) return void skipped++;
      left--;
      saySkipped();
      onLine(text);
    },
    skip: () => void skipped++,
    end: saySkipped,
  };
}
