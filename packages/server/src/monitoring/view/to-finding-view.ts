import type { MonitorFinding, MonitorView } from "@slipway/contract";
import type { Finding } from "../finding.ts";

export function toFindingView(finding: Finding): MonitorFinding {
  const { pAdjusted, referenceRows, details, ...same } = finding;
  return {
    ...same,
    p_adjusted: pAdjusted,
    reference_rows: referenceRows,
    ...(details === undefined ? {} : { details: { ...details } }),
  };
}

const letters = { pass: "p", fail: "f", insufficient: "i", error: "e" } as const;

/** One letter for a verdict; several about the same thing in the same window come to the worst of them. */
export function letterOf(findings: readonly Finding[]): string {
  const worst = worstOf(findings);
  return worst === null ? "-" : letters[worst];
}

/** What can be told of several: a fail, else an error, else a pass; too little to say only where that is all. */
export function worstOf(findings: readonly Pick<Finding, "verdict">[]): Finding["verdict"] | null {
  for (const verdict of ["fail", "error", "pass", "insufficient"] as const)
    if (findings.some((finding) => finding.verdict === verdict)) return verdict;
  return null;
}

export function countVerdicts(findings: readonly Finding[]): MonitorView["counts"] {
  const counts = { pass: 0, fail: 0, insufficient: 0, error: 0 };
  for (const { verdict } of findings) counts[verdict]++;
  return counts;
}

export function isDrift({ monitor }: Pick<Finding, "monitor">): boolean {
  return monitor.startsWith("drift.");
}
