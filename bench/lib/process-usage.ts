import { readFileSync, readdirSync } from "node:fs";

/** The kernel counts CPU time in ticks of 10 ms on every Linux that Node runs on. */
const tickUs = 10_000;

/**
 * CPU time of a process so far, user and system, all its threads, in microseconds; steps of 10 ms. Of several, the sum;
 * one that has ended does not count. Linux only.
 */
export function readCpuUs(pid: number | readonly number[]): number {
  if (typeof pid === "number") return parseCpuUs(readFileSync(`/proc/${pid}/stat`, "utf8"));
  return pid.map((each) => readIfThere(`/proc/${each}/stat`)).reduce((sum, stat) => sum + parseCpuUs(stat), 0);
}

/** @param stat a line of /proc/PID/stat; the command in it may hold spaces and brackets */
export function parseCpuUs(stat: string): number {
  if (stat === "") return 0;
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

/** Resident memory of a process, in bytes. Linux only. */
export function readRssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}

export interface Memory {
  /** A page that several processes share counts in each. */
  readonly rssBytes: number;
  /** A page that several processes share counts once. */
  readonly pssBytes: number;
}

/** Memory of several processes together. Linux only. */
export function readMemory(pids: readonly number[]): Memory {
  const rollups = pids.map((pid) => readIfThere(`/proc/${pid}/smaps_rollup`));
  const sum = (field: string) =>
    rollups.reduce(
      (bytes, text) => bytes + Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(text)?.[1] ?? 0) * 1024,
      0,
    );
  return { rssBytes: sum("Rss"), pssBytes: sum("Pss") };
}

/**
 * All processes that were started with this in their environment, and theirs, wherever they hang by now. Linux only.
 *
 * A program that gives itself another title may write it over its environment, as those of Ray do, so what hangs below a
 * process that was found, or is of one session with it, counts as well.
 */
export function listProcesses(variable: string): readonly number[] {
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), ...parseFamily(readIfThere(`/proc/${name}/stat`)) }));
  const own = all.find(({ pid }) => pid === process.pid)?.session;
  const isMarked = (pid: number) => `\0${readIfThere(`/proc/${pid}/environ`)}`.includes(`\0${variable}\0`);
  const found = new Set(all.filter(({ pid }) => isMarked(pid)).map(({ pid }) => pid));
  const sessions = new Set(all.filter(({ pid }) => found.has(pid)).map(({ session }) => session));
  if (own !== undefined) sessions.delete(own);
  for (const { pid, session } of all) if (sessions.has(session)) found.add(pid);
  for (let before = 0; before < found.size;) {
    before = found.size;
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** @param stat a line of /proc/PID/stat */
function parseFamily(stat: string): { parent: number; session: number } {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), session: Number(fields[3]) };
}

/** Processes end while one looks. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
