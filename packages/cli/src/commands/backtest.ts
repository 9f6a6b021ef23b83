import type { BacktestRequest, BacktestResult, BacktestRule } from "@slipway/contract";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { readManifest } from "../manifest.ts";
import { note, writeJson, writeList } from "../output.ts";
import { renderFacts, type Column } from "../table.ts";

const columns: readonly Column<BacktestRule>[] = [
  { title: "monitor", value: (rule) => rule.monitor },
  { title: "slice", value: (rule) => rule.slice },
  { title: "windows", value: (rule) => rule.windows, align: "right" },
  { title: "insufficient", value: (rule) => rule.insufficient, align: "right" },
  { title: "failed", value: (rule) => rule.failed, align: "right" },
  {
    title: "share",
    value: ({ failed, windows }) => (windows === 0 ? null : failed / windows),
    text: ({ failed, windows }) => (windows === 0 ? "" : `${((100 * failed) / windows).toFixed(1)} %`),
    align: "right",
  },
  { title: "fired", value: (rule) => rule.fired, align: "right" },
  {
    title: "columns",
    value: (rule) => rule.columns.map(({ column, fired, failed }) => `${column} ${fired}/${failed}`).join(", "),
    flexible: true,
  },
];

const incidentColumns: readonly Column<BacktestResult["incidents"][number]>[] = [
  { title: "opened_at", value: (incident) => incident.opened_at },
  { title: "resolved_at", value: (incident) => incident.resolved_at },
  { title: "severity", value: (incident) => incident.severity },
  { title: "title", value: (incident) => incident.title, flexible: true },
];

export const backtest: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const which = version ?? alias;
  const request: BacktestRequest = {
    days: parseDays(textOption(input, "days") ?? "30"),
    ...(which === undefined ? {} : { version: which }),
    ...(await readSettings(input)),
  };
  const { result } = await followOperation(context, "The backtest", (signal) =>
    context.client().monitoring.backtest(name, request, { signal }),
  );
  await write(context, result as unknown as BacktestResult);
};

async function write(context: Context, result: BacktestResult): Promise<void> {
  if (context.settings.format === "json") return writeJson(context, result);
  if (context.settings.format === "csv") return writeList(context, columns, result.rules);
  const { incidents, messages } = result;
  const facts = renderFacts([
    ["version", `${result.endpoint}@${result.version}`],
    ["windows", `${result.windows} with traffic, ${result.from} to ${result.to}`],
    ["incidents", incidents.length],
    ["messages", `${messages} to each channel that hears of all`],
  ]);
  context.stdout.write(`${facts}\n`);
  await writeList(context, columns, result.rules);
  if (incidents.length > 0) context.stdout.write("\n");
  if (incidents.length > 0) await writeList(context, incidentColumns, incidents);
  note(context, "\nFIRED is how often failing windows became an alarm; COLUMNS has that and the windows that failed.");
}

async function readSettings(input: Input): Promise<Pick<BacktestRequest, "monitor">> {
  const file = textOption(input, "file");
  if (file === undefined) return {};
  const { monitor } = await readManifest(file);
  if (monitor === undefined || monitor === "off") throw new UsageError(`${file} has no section "monitor" to try.`);
  return { monitor: monitor as NonNullable<BacktestRequest["monitor"]> };
}

function parseDays(text: string): number {
  const days = Number(text);
  if (days > 0 && days <= 366) return days;
  throw new UsageError(`--days is a number of days up to 366, not ${JSON.stringify(text)}.`);
}
