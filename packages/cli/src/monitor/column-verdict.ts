import type { MonitorColumn, MonitorFinding } from "@slipway/contract";

/** The finding on a column's drift; null where none was looked for. */
export function findDrift(column: MonitorColumn): MonitorFinding | null {
  return column.findings.find(({ monitor }) => monitor.startsWith("drift.")) ?? null;
}

const words: Readonly<Record<string, string>> = {
  "drift.input": "drifted",
  "drift.output": "drifted",
  "quality.missing": "missing",
  "quality.type": "wrong type",
  "quality.range": "out of range",
  "quality.unseen": "unseen values",
  "quality.constant": "constant",
  "quality.schema": "schema",
};

/** What a column's findings come to, in words: "drifted, out of range", "ok", "too few rows". */
export function verdictText(column: MonitorColumn): string {
  const failed = column.findings.filter(({ verdict }) => verdict === "fail");
  if (failed.length > 0) return [...new Set(failed.map(({ monitor }) => words[monitor] ?? monitor))].join(", ");
  if (column.findings.some(({ verdict }) => verdict === "error")) return "error";
  if (findDrift(column)?.verdict === "insufficient") return "too few rows";
  return column.findings.length === 0 ? "not judged" : "ok";
}

export type Tone = "fail" | "pass" | "quiet" | "error";

export function toneOf(column: MonitorColumn): Tone {
  const has = (verdict: MonitorFinding["verdict"]) => column.findings.some((finding) => finding.verdict === verdict);
  if (has("fail")) return "fail";
  if (has("error")) return "error";
  return findDrift(column)?.verdict === "pass" ? "pass" : "quiet";
}
