import type { Endpoint, ServerStatus } from "@slipway/contract";
import type { Run } from "../context.ts";
import { createListWriter, writeOne } from "../output.ts";
import type { Column } from "../table.ts";
import { bytesText } from "../text.ts";
import { durationText } from "../time.ts";

type Served = ServerStatus["endpoints"][number];

/** "flight-delay@2 (champion)"; "-" where an endpoint has no traffic. */
export function targetText(target: Endpoint["target"]): string {
  if (target === null) return "-";
  const follows = target.follows === null ? "" : ` (${target.follows})`;
  return `${target.model}@${target.version}${follows}`;
}

const columns: readonly Column<Served>[] = [
  { title: "endpoint", value: (item) => item.name },
  { title: "target", value: (item) => targetText(item.target) },
  { title: "state", value: (item) => item.state },
  { title: "revision", value: (item) => item.revision, align: "right" },
  {
    title: "remark",
    value: (item) => [item.state_message, ...item.warnings].filter(Boolean).join(" "),
    flexible: true,
  },
];

export const status: Run = async (context) => {
  const found = await context.client().server.status();
  const { predictions } = found;
  writeOne(context, found, [
    ["server", `${found.url} (Slipway ${found.version}, pid ${found.pid})`],
    ["data", found.data],
    ["up for", durationText(found.uptime_ms)],
    ["memory", bytesText(found.rss_bytes)],
    ["predictions", `${predictions.answered} answered, ${predictions.logged} on record`],
    ["not on record", predictions.not_logged === 0 ? null : predictions.not_logged],
    ["log", bytesText(predictions.log_bytes)],
  ]);
  if (context.settings.format !== "table" || found.endpoints.length === 0) return;
  context.stdout.write("\n");
  const list = createListWriter(context, columns);
  list.items(found.endpoints);
  list.end();
};
