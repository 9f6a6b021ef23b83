import type { Announcement } from "../monitoring/index.ts";
import type { RolloutEvent } from "./event.ts";
import type { Rollout } from "./rollout.ts";
import { waitsForPerson } from "./waits-for-person.ts";

/** What channels are told to wait for; who paused it knows. */
const isTold = (rollout: Rollout): boolean => waitsForPerson(rollout) && rollout.status.held?.reason !== "manual";

export interface Happened {
  /** As it was before the events. */
  readonly before: Rollout;
  readonly events: readonly RolloutEvent[];
}

/** What somebody has to know of what has just happened to a rollout; null: nothing that cannot wait until they look. */
export function toAnnouncement(rollout: Rollout, { before, events }: Happened): Announcement | null {
  const { id, endpoint, model, to, status } = rollout;
  const last = events.at(-1);
  if (last === undefined) return null;
  const said = { id, watched: { endpoint, model, version: to }, at: last.at };
  const explain = `slipway rollout explain ${endpoint}`;
  if (last.kind === "ended" && (last.to === "rolled_back" || last.to === "rejected")) {
    const title = `${last.to === "rolled_back" ? "Rolled back" : "Rejected"}: ${status.reason ?? last.reason}`;
    const evidence = events.flatMap((event) => event.evidence).filter(({ verdict }) => verdict === "fail");
    return { ...said, news: last.to, title, next: explain, evidence };
  }
  const { held } = status;
  if (events.some(({ kind }) => kind === "held") && held !== null && isTold(rollout)) {
    const next = held.reason === "approval" ? `slipway rollout approve ${endpoint}` : explain;
    return { ...said, news: "waiting", title: `Waits for a person: ${held.message}`, next, evidence: [] };
  }
  const isApproved = events.some(({ kind }) => kind === "approved");
  // Whatever ended a wait that was told: a page stays open until it is told, too.
  const isOver = isTold(before) && !isTold(rollout);
  if (!isApproved && !isOver) return null;
  const title = isApproved ? "Approved: it goes on." : `Waits for nobody any more: ${last.reason}`;
  return { ...said, news: "went_on", title, next: explain, evidence: [] };
}
