import type { AuditEvent as WireEvent } from "@slipway/contract";
import type { Audit, AuditEvent } from "../../access/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { toWireChanges } from "./change-view.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toPageView, toTimestamp } from "./views.ts";

export function createAuditHandlers({
  audit,
  clock,
}: {
  readonly audit: Audit;
  readonly clock: Clock;
}): Pick<Handlers, "listAudit"> {
  return {
    listAudit: async ({ query }) => {
      const { limit, cursor, since, ...filter } = query as {
        limit: number;
        cursor?: string;
        since?: string;
        subject?: string;
        action?: string;
        actor?: string;
      };
      const from = since === undefined ? undefined : parseSince(since, clock.now());
      const page = await audit.list({ ...filter, since: from, limit, cursor: cursor ?? null });
      return toPageView(page, toView);
    },
  };
}

const toView = (event: AuditEvent): WireEvent => ({
  ...event,
  at: toTimestamp(event.at),
  details: toWireChanges(event.details),
});
