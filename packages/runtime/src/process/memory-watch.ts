import { readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";

const lookMs = 250;
/** Looks between two searches for what a process has started. */
const looksPerSearch = 4;

interface Watched {
  readonly pid: number;
  readonly limitBytes: number;
  readonly onExceeded: (reason: string) => void;
  /** It and what it started, as far as known. */
  members: readonly number[];
  /** A closer look is under way. */
  counting: boolean;
}

const watched = new Set<Watched>();
let timer: NodeJS.Timeout | undefined;
let looks = 0;

/**
 * Calls back, with a sentence's part, when a process and what it started hold more resident memory than they may: for programs that
 * do not look after it themselves, from without. Where the system does not tell (no /proc), never.
 */
export function watchMemory(
  pid: number | undefined,
  limitBytes: number,
  onExceeded: (reason: string) => void,
): () => void {
  if (pid === undefined || process.platform !== "linux") return () => {};
  const one: Watched = { pid, limitBytes, onExceeded, members: [pid], counting: false };
  watched.add(one);
  if (watched.size === 1) lookLater();
  return () => {
    watched.delete(one);
    if (watched.size === 0) clearTimeout(timer);
  };
}

function lookLater(): void {
  timer = setTimeout(lookAtAll, lookMs).unref();
}

function lookAtAll(): void {
  lookLater();
  looks++;
  let place = 0;
  for (const one of watched) {
    // Not all at once: a search takes a good part of a millisecond.
    if ((looks + place++) % looksPerSearch === 0) one.members = findDescendants(one.pid);
    let bytes = 0;
    for (const pid of one.members) bytes += readResident(pid);
    if (bytes > one.limitBytes && !one.counting) void lookCloser(one);
  }
}

/** Pages that several processes share were counted for each of them: here, each counts once. */
async function lookCloser(one: Watched): Promise<void> {
  one.counting = true;
  const shares = await Promise.all(one.members.map(readShare));
  const bytes = shares.reduce((sum, share) => sum + share, 0);
  one.counting = false;
  if (bytes <= one.limitBytes || !watched.has(one)) return;
  one.onExceeded(`it took ${toMiB(bytes)} of memory, more than the ${toMiB(one.limitBytes)} of serve.memory`);
}

/** A process and all that descends from it. */
function findDescendants(pid: number): number[] {
  const found = [pid];
  // Grows while it is walked.
  for (const each of found) found.push(...readChildren(each));
  return found;
}

function readChildren(pid: number): number[] {
  try {
    // The system lists them by the thread that started them.
    const threads = readdirSync(`/proc/${pid}/task`);
    const lists = threads.map((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1"));
    return lists.flatMap((list) => list.split(" ").filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

function readResident(pid: number): number {
  try {
    return toBytes(/^VmRSS:\s+(\d+) kB$/m, readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return 0;
  }
}

/** Not on the event loop: for a large process, this takes the system milliseconds. */
async function readShare(pid: number): Promise<number> {
  try {
    return toBytes(/^Pss:\s+(\d+) kB$/m, await readFile(`/proc/${pid}/smaps_rollup`, "latin1"));
  } catch {
    // Not allowed, where it runs as somebody else.
    return readResident(pid);
  }
}

function toBytes(pattern: RegExp, text: string): number {
  return Number(pattern.exec(text)?.[1] ?? 0) * 1024;
}

function toMiB(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
