import type { Announcement } from "../monitoring/index.ts";
import type { RolloutEvent } from "./event.ts";
import type { HeldReason, Rollout } from "./rollout.ts";

/** Why it stays where it is until a person does something. */
const forPersons: ReadonlySet<HeldReason> = new Set(["approval", "srm", "deadline"]);

/** What somebody has to know of what has just happened to a rollout; null: nothing that cannot wait until they look. */
export function toAnnouncement(rollout: Rollout, events: readonly RolloutEvent[]): Announcement | null {
  const { id, endpoint, model, to, status } = rollout;
  const last = events.at(-1);
  if (last === undefined) return null;
  const said = { id, watched: { endpoint, model, version: to }, at: last.at };
  const explain = `slipway rollout explain ${endpoint}`;
  if (last.to === "rolled_back" || last.to === "rejected") {
    if (last.kind !== "ended") return null;
    const title = `${last.to === "rolled_back" ? "Rolled back" : "Rejected"}: ${status.reason ?? last.reason}`;
    const evidence = events.flatMap((event) => event.evidence).filter(({ verdict }) => verdict === "fail");
    return { ...said, news: last.to, title, next: explain, evidence };
  }
  const { held } = status;
  if (events.some(({ kind }) => kind === "held") && held !== null && forPersons.has(held.reason)) {
    const next = held.reason === "approval" ? `slipway rollout approve ${endpoint}` : explain;
    return {
      ...said,
      news: "waiting",
      title: `Waits for a person: ${held.message}`,
      next,
      evidence: [],
    };
  }
  if (!events.some(({ kind }) => kind === "approved")) return null;
  return {
    ...said,
    news: "went_on",
    title: "Approved: it goes on.",
    next: explain,
    evidence: [],
  };
}
