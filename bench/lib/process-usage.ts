import { readFileSync } from "node:fs";

/** The kernel counts CPU time in ticks of 10 ms on every Linux that Node runs on. */
const tickUs = 10_000;

/** CPU time of a process so far, user and system, all its threads, in microseconds; steps of 10 ms. Linux only. */
export function readCpuUs(pid: number): number {
  return parseCpuUs(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

/** @param stat a line of /proc/PID/stat; the command in it may hold spaces and brackets */
export function parseCpuUs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickUs;
}

/** Resident memory of a process, in bytes. Linux only. */
export function readRssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes ?? Number.NaN) * 1024;
}
