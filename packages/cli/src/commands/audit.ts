import type { AuditEvent } from "@slipway/contract";
import { textOption, type Run } from "../context.ts";
import { parseLimit, take } from "../limit.ts";
import { writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { relativeTime } from "../time.ts";

const columns: readonly Column<AuditEvent>[] = [
  { title: "at", value: (event) => event.at, text: (event, now) => relativeTime(event.at, now) },
  { title: "actor", value: (event) => event.actor, text: (event) => event.actor ?? "" },
  { title: "action", value: (event) => event.action },
  { title: "subject", value: (event) => event.subject },
  { title: "details", value: (event) => JSON.stringify(event.details), flexible: true },
];

export const audit: Run = async (context, input) => {
  const limit = parseLimit(textOption(input, "limit") ?? "20");
  const filter = Object.fromEntries(
    ["subject", "action", "actor", "since"].map((name) => [name, textOption(input, name)] as const),
  );
  const events = context.client().audit.all({ ...filter, limit: Math.min(limit, 200) });
  await writeList(context, columns, take(events, limit));
};
