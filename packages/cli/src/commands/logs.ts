import type { LogFilter, LogLine } from "@slipway/sdk";
import { requireName } from "../addresses.ts";
import { textOption, type Run } from "../context.ts";
import { parseLimit } from "../limit.ts";
import { createLineWriter, writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { clockText } from "../time.ts";

const own = new Set(["time", "at", "level", "msg", "message", "pid", "hostname"]);

const columns: readonly Column<LogLine>[] = [
  { title: "time", value: timeOf, text: (line) => (timeOf(line) === "" ? "" : clockText(timeOf(line))) },
  { title: "level", value: (line) => line.level },
  { title: "message", value: (line) => line.msg ?? line.message },
  { title: "more", value: moreOf, flexible: true },
];

function timeOf(line: LogLine): string {
  const value = line.time ?? line.at;
  return typeof value === "number" ? new Date(value).toISOString() : String(value ?? "");
}

function moreOf(line: LogLine): string {
  return Object.entries(line)
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

export const logs: Run = async (context, input) => {
  const [given] = input.args;
  const filter: LogFilter = {
    name: given === undefined ? undefined : requireName(given),
    level: textOption(input, "level") as LogFilter["level"],
  };
  const limit = Math.min(parseLimit(textOption(input, "limit") ?? "200"), 10_000);
  const { server } = context.client();
  if (input.options.follow !== true) {
    const { items } = await server.logs({ ...filter, limit });
    return writeList(context, columns, items);
  }
  const write = createLineWriter(context, columns);
  for await (const items of server.followLogs({ ...filter, limit })) write(items);
};
