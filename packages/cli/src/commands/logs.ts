import { requireName } from "../addresses.ts";
import { textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { parseLimit } from "../limit.ts";
import { writeList } from "../output.ts";
import type { Column } from "../table.ts";
import { clockText } from "../time.ts";

type Line = Readonly<Record<string, unknown>>;

const levels = ["debug", "info", "warn", "error"] as const;
const own = new Set(["time", "at", "level", "msg", "message", "pid", "hostname"]);

const columns: readonly Column<Line>[] = [
  { title: "time", value: timeOf, text: (line) => (timeOf(line) === "" ? "" : clockText(timeOf(line))) },
  { title: "level", value: (line) => line.level },
  { title: "message", value: (line) => line.msg ?? line.message },
  { title: "more", value: moreOf, flexible: true },
];

function timeOf(line: Line): string {
  const value = line.time ?? line.at;
  return typeof value === "number" ? new Date(value).toISOString() : String(value ?? "");
}

function moreOf(line: Line): string {
  return Object.entries(line)
    .filter(([name]) => !own.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

export const logs: Run = async (context, input) => {
  const [given] = input.args;
  const name = given === undefined ? undefined : requireName(given);
  const wanted = textOption(input, "level");
  const level = levels.find((one) => one === wanted);
  if (wanted !== undefined && level === undefined)
    throw new UsageError(`--level ${wanted}: give one of ${levels.join(", ")}.`);
  const limit = Math.min(parseLimit(textOption(input, "limit") ?? "200"), 10_000);
  const { items } = await context.client().server.logs({ limit, name, level });
  await writeList(context, columns, items);
};
