import { rankOf } from "./evidence.ts";
import type { Incident, ToldState } from "./incident.ts";

/** What channels are told. */
export type NewsType = "opened" | "worsened" | "reopened" | "acknowledged" | "resolved";

/**
 * What is to be told of an incident now, from what it is and what was told last: nothing twice, nothing of what is for information
 * only, and what comes back again and again once a cool-down. Null: nothing.
 */
export function toNews(incident: Incident, now: number, cooldownMs: number): NewsType | null {
  const { state, severity, told } = incident;
  const isTold = told !== null && told.status !== "resolved";
  if (state === "resolved" || severity === "info") return isTold ? "resolved" : null;
  if (state === "muted") return null;
  const isWorse = told !== null && rankOf(severity) > rankOf(told.severity);
  if (told === null) return "opened";
  if (isTold && isWorse) return "worsened";
  if (isTold) return state === "acknowledged" && told.status === "open" ? "acknowledged" : null;
  return isWorse || now - told.openAt >= cooldownMs ? "reopened" : null;
}

/** What was told after `news` was. */
export function afterNews({ severity, told }: Incident, news: NewsType, now: number): ToldState {
  // What was told as critical stays so until it is told as over: a warning afterwards is not worse.
  const worst =
    told === null || news === "reopened" || rankOf(severity) > rankOf(told.severity) ? severity : told.severity;
  if (news === "resolved") return { status: "resolved", severity: worst, openAt: told?.openAt ?? now };
  if (news === "acknowledged") return { status: "acknowledged", severity: worst, openAt: told?.openAt ?? now };
  return { status: "open", severity: worst, openAt: now };
}
