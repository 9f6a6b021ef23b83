import { execFileSync } from "node:child_process";

/** Processes of a group that still run, what waits for its parent to notice its end left out. */
export function groupMembers(group: number): string[] {
  const found = execFileSync("ps", ["-eo", "pgid=,stat=,args="], { encoding: "utf8" });
  const rows = found.split("\n").map((line) => /^ *(\d+) +(\S+) +(.*)$/.exec(line));
  return rows.flatMap((row) => (row && Number(row[1]) === group && !row[2]!.startsWith("Z") ? [row[3]!] : []));
}
