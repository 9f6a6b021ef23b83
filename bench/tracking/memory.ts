import { readMemory, readRssBytes } from "../lib/process-usage.ts";

const everyMs = 20;

/** Watches the memory of a server's processes. */
export function watchMemory(pids: readonly number[]) {
  const rss = () => pids.reduce((sum, pid) => sum + readRssBytes(pid), 0);
  const before = rss();
  let highest = before;
  const look = () => (highest = Math.max(highest, rss()));
  const timer = setInterval(look, everyMs);
  return {
    /** Of the highest that was seen, over the beginning. */
    growthBytes: () => highest - before,
    stop() {
      clearInterval(timer);
      look();
      return highest - before;
    },
  };
}

/** Pages that processes share count in each for RSS, once for PSS. */
export function toMemoryFigures(pids: readonly number[], when: string): Readonly<Record<string, number>> {
  const { rssBytes, pssBytes } = readMemory(pids);
  return {
    [`RSS ${when}, MB`]: rssBytes / 1e6,
    [`PSS ${when}, MB`]: pssBytes / 1e6,
    [`processes ${when}`]: pids.length,
  };
}
