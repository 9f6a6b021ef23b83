import { choiceOption, textOption, type Context, type Input, type Run } from "../context.ts";
import { exitCodes, InterruptedError, UsageError } from "../exit-codes.ts";
import type { ImportJob } from "../import/import-job.ts";
import { importMlflow } from "../import/import-mlflow.ts";
import { openSource } from "../import/open-source.ts";
import {
  createReporter,
  type CountedKind,
  type Difference,
  type ImportReport,
  type Reporter,
} from "../import/report.ts";
import { note, writeJson, writeList } from "../output.ts";
import { createProgress, type Progress } from "../progress.ts";
import type { Column } from "../table.ts";
import { bytesText, printable } from "../text.ts";

export const importFromMlflow: Run = async (context, input) => {
  const from = textOption(input, "from")!;
  const login = {
    token: textOption(input, "fromToken") ?? context.env["MLFLOW_TRACKING_TOKEN"],
    username: textOption(input, "fromUsername") ?? context.env["MLFLOW_TRACKING_USERNAME"],
    password: textOption(input, "fromPassword") ?? context.env["MLFLOW_TRACKING_PASSWORD"],
  };
  const source = await openSource({ from, login, artifacts: textOption(input, "artifactsFrom") });
  const progress = createProgress(context.stderr, context.settings.quiet);
  const stop = new AbortController();
  const restore = context.onInterrupt(() =>
    stop.abort(
      new InterruptedError("Interrupted; what was imported is kept, and the same command goes on from there."),
    ),
  );
  const dryRun = input.options.dryRun === true;
  const reporter = createReporter(source.label, dryRun);
  const show = createShow(progress, reporter);
  const job: ImportJob = {
    ...show,
    source,
    target: context.client().mlflowImport,
    reporter,
    artifacts: choiceOption(input, "artifacts", ["copy", "leave"]) ?? "copy",
    dryRun,
    full: input.options.full === true,
    signal: stop.signal,
    places: new Map(),
  };
  try {
    const report = await importMlflow(job, experimentNames(input));
    progress.clear();
    await writeReport(context, report);
    return report.problems.length > 0 ? exitCodes.failed : exitCodes.ok;
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    progress.clear();
    restore();
    source.close();
  }
};

function createShow(progress: Progress, reporter: Reporter): Pick<ImportJob, "show" | "tick"> {
  let last: Parameters<ImportJob["show"]> = ["", 0, null];
  const show: ImportJob["show"] = (label, done, all) => {
    last = [label, done, all];
    const { points, artifacts } = reporter.report();
    const detail = `${all === null ? done : `${done} of ${all}`}, ${points} points, ${bytesText(artifacts.bytes)}`;
    progress.show(printable(label), all === null || all === 0 ? null : done / all, detail);
  };
  return { show, tick: () => show(...last) };
}

/** Names may have a comma in them; given as JSON, they are taken as they are. */
function experimentNames(input: Input): readonly string[] {
  const text = textOption(input, "experiment");
  if (text === undefined) return [];
  if (!text.startsWith("[")) return text.split(",").map((name) => name.trim());
  try {
    const names = JSON.parse(text) as unknown;
    if (Array.isArray(names) && names.every((name) => typeof name === "string")) return names;
  } catch {
    // Told below.
  }
  throw new UsageError(`--experiment ${text} is no JSON list of names.`);
}

const kinds: readonly (readonly [CountedKind, string])[] = [
  ["experiments", "experiments"],
  ["runs", "runs"],
  ["logged_models", "logged models"],
  ["models", "registered models"],
  ["versions", "versions"],
];

interface Line {
  readonly what: string;
  readonly created: number;
  readonly changed: number;
  readonly same: number;
}

const columns: readonly Column<Line>[] = [
  { title: "what", value: (line) => line.what },
  { title: "created", value: (line) => line.created, align: "right" },
  { title: "changed", value: (line) => line.changed, align: "right" },
  { title: "same", value: (line) => line.same, align: "right" },
];

const mostLines = 20;

async function writeReport(context: Context, report: ImportReport): Promise<void> {
  if (context.settings.format === "json") return writeJson(context, report);
  const { artifacts, dry_run: dryRun } = report;
  const lines = kinds.map(([kind, what]) => ({ what, ...report[kind] }));
  const files = { what: "artifacts", created: artifacts.copied, changed: 0, same: artifacts.same };
  await writeList(context, columns, [...lines, files]);
  const would = dryRun ? "would be copied" : "copied";
  note(context, `${report.points} points of metrics and ${bytesText(artifacts.bytes)} of files ${would}.`);
  for (const { what, count, why } of report.left_out)
    note(context, `Left out: ${count === null ? "" : `${count} `}${printable(what)}: ${printable(why)}.`);
  writeSome(context, "Differs", report.differences);
  writeSome(context, "Not imported", report.problems);
  if (dryRun) note(context, "Nothing was changed.");
}

function writeSome(context: Context, title: string, some: readonly Difference[]): void {
  for (const { kind, id, text } of some.slice(0, mostLines))
    note(context, `${title}: ${kind} ${printable(id)}: ${printable(text)}`);
  if (some.length > mostLines) note(context, `… and ${some.length - mostLines} more; -o json has them all.`);
}
