import type { MonitorFinding, MonitorView } from "@slipway/contract";
import { requireAddress } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { exitCodes, UsageError } from "../exit-codes.ts";
import { monitorColumns, paintLine } from "../monitor/columns.ts";
import { toneOf } from "../monitor/column-verdict.ts";
import { summaryFacts } from "../monitor/summary.ts";
import { note, writeJson, writeList } from "../output.ts";
import { createTable, renderFacts } from "../table.ts";
import { printable } from "../text.ts";
import { parseSince } from "../time.ts";

/** Where nobody knows when the next window ends, and at most. */
const longestWaitMs = 5_000;

export const showMonitor: Run = async (context, input) => {
  if (input.options.watch === true) return watch(context, input);
  const view = await load(context, input);
  await write(context, view, input);
  const isWrong = view.verdict === "fail" || view.incidents.some(({ severity }) => severity !== "info");
  return input.options.check === true && isWrong ? exitCodes.failed : exitCodes.ok;
};

function load(context: Context, input: Input): Promise<MonitorView> {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const window = textOption(input, "window");
  return context.client().monitoring.get(name, {
    version: version ?? alias,
    slice: textOption(input, "slice"),
    at: window === undefined ? undefined : parseSince(window),
  });
}

async function write(context: Context, view: MonitorView, input: Input): Promise<void> {
  const failed = input.options.failed === true;
  const columns = failed ? view.columns.filter((column) => toneOf(column) === "fail") : view.columns;
  const { format } = context.settings;
  if (format === "json") return writeJson(context, { ...view, columns });
  if (format === "csv") return writeList(context, monitorColumns(view.window), columns);
  context.stdout.write(render(context, view, columns));
  if (view.verdict === "none" && view.reference === null && view.enabled)
    note(context, `\nWhat a window is held against: slipway monitor reference ${view.endpoint}`);
}

function render(context: Context, view: MonitorView, columns: MonitorView["columns"] = view.columns): string {
  const { stdout, style } = context;
  const now = context.now();
  const parts = [renderFacts(summaryFacts(view, now))];
  if (columns.length > 0) {
    const table = createTable(monitorColumns(view.window), {
      width: stdout.isTTY === true ? stdout.columns : undefined,
      now,
      heading: style.bold,
    });
    const [heading = "", ...lines] = table(columns).trimEnd().split("\n");
    parts.push("\n", [heading, ...lines.map((line, i) => paintLine(line, columns[i]!, style))].join("\n"), "\n");
  }
  const told = messagesOf(view);
  if (told.length > 0) parts.push("\n", told.map((message) => `${style.red("✗")} ${printable(message)}\n`).join(""));
  return parts.join("");
}

/** What failed in sentences, the worst first; broken data before the drift that comes of it. */
function messagesOf({ columns, findings }: MonitorView): string[] {
  const severities = ["critical", "warning", "info"];
  const rank = ({ severity, monitor }: MonitorFinding) =>
    2 * severities.indexOf(severity) + (monitor.startsWith("drift.") ? 1 : 0);
  return [...findings, ...columns.flatMap((column) => column.findings)]
    .filter(({ verdict }) => verdict === "fail" || verdict === "error")
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ message }) => message);
}

/** Until Ctrl-C. A terminal is drawn anew, anything else gets each window once. */
async function watch(context: Context, input: Input): Promise<number> {
  if (textOption(input, "window") !== undefined)
    throw new UsageError("--watch shows the last window as they end: leave out --window.");
  const stop = new AbortController();
  const restore = context.onInterrupt(() => stop.abort());
  let shown = "";
  try {
    while (!stop.signal.aborted) {
      const view = await load(context, input);
      const key = JSON.stringify([view.window?.from, view.verdict, view.counts, view.incidents.length]);
      if (context.stdout.isTTY === true && context.settings.format === "table")
        context.stdout.write(`\u001b[2J\u001b[H${render(context, view)}`);
      else if (key !== shown) await write(context, view, input);
      shown = key;
      await sleep(Math.max(1000, Math.min(longestWaitMs, view.window_ms / 2)), stop.signal);
    }
  } finally {
    restore();
  }
  return exitCodes.ok;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end);
  });
}
