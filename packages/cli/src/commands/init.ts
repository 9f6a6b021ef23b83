import { copyFile, mkdir, realpath, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { DraftedPackage } from "@slipway/server";
import { requireName } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { withMissing } from "../deploy/missing.ts";
import type { DeployPlan } from "../deploy/deploy-plan.ts";
import { planDeploy } from "../deploy/plan.ts";
import { InterruptedError, UsageError } from "../exit-codes.ts";
import { note, warn, writeJson, writeOne } from "../output.ts";
import { createProgress } from "../progress.ts";
import { loadServer } from "../server-door.ts";
import { printable } from "../text.ts";

const manifestName = "slipway.yaml";
const examplesName = "examples.json";

/** Where the files go, and which of them have to be copied there. */
interface Place {
  readonly folder: string;
  readonly plan: DeployPlan;
  readonly copies: boolean;
}

export const init: Run = async (context, input) => {
  const found = await findPlace(input);
  const data = await findData(input.args[1]);
  const examples = countExamples(input, data);
  const toStdout = input.options.stdout === true;
  if (toStdout && examples > 0) throw new UsageError("--examples writes a file, and --stdout writes none: choose one.");
  if (!toStdout && input.options.force !== true) await requireFree(found, examples > 0);
  const { drafted, plan } = await draft(context, found, { data, examples });
  if (toStdout) {
    context.stdout.write(drafted.text);
    return;
  }
  const place = { ...found, plan };
  const written = await write(place, drafted);
  report(context, { place, drafted, written, data });
};

async function findPlace(input: Input): Promise<Place> {
  const path = resolve(argument(input, 0));
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile())
    throw new UsageError(`There is no file ${argument(input, 0)}: name the model file itself, such as model.onnx.`);
  const name = textOption(input, "name");
  const plan = await planDeploy(path, name === undefined ? undefined : requireName(name));
  const dir = textOption(input, "dir");
  const folder = dir === undefined ? plan.folder : resolve(dir);
  const below = relative(await realpath(folder).catch(() => folder), await realpath(plan.folder));
  if (below === "") return { folder, plan, copies: false };
  if (below.startsWith("..") || resolve(below) === below) return { folder, plan, copies: true };
  const inside = (file: string) => join(below, file).split(sep).join("/");
  const files = plan.files.map((file) => ({ ...file, path: inside(file.path) }));
  return { folder, plan: { ...plan, folder, entry: inside(plan.entry), files }, copies: false };
}

async function findData(path: string | undefined): Promise<string | null> {
  if (path === undefined) return null;
  if ((await stat(path).catch(() => null))?.isFile() !== true)
    throw new UsageError(`There is no file ${path}: DATA is a CSV, JSON, JSON lines or Parquet file.`);
  return resolve(path);
}

function countExamples(input: Input, data: string | null): number {
  const text = textOption(input, "examples");
  if (text === undefined) return 0;
  const count = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > 10_000) throw new UsageError("--examples takes a number of rows, 1 to 10000.");
  if (data === null) throw new UsageError("--examples needs rows to try: name a file with data.");
  return count;
}

async function requireFree({ folder, plan, copies }: Place, withExamples: boolean): Promise<void> {
  const names = [
    manifestName,
    ...(withExamples ? [examplesName] : []),
    ...(copies ? plan.files.map((file) => file.path) : []),
  ];
  for (const name of names)
    if ((await stat(join(folder, name)).catch(() => null)) !== null)
      throw new UsageError(`${join(folder, name)} is there already: pass --force to write over it, or --stdout.`);
}

/** What is drafted, with Ctrl-C as a way out, and the plan with all files that the model needs. */
async function draft(
  context: Context,
  { plan }: Place,
  { data, examples }: { data: string | null; examples: number },
): Promise<{ drafted: DraftedPackage; plan: DeployPlan }> {
  const { draftPackage } = await loadServer();
  const progress = createProgress(context.stderr, context.settings.quiet);
  const stop = new AbortController();
  const restore = context.onInterrupt(() => stop.abort(new InterruptedError("Interrupted; nothing was written.")));
  const onProgress = (message: string) => progress.show(printable(message), null);
  try {
    return await withMissing(plan, async (whole) => {
      const { name, entry, files } = whole;
      const request = { name, entry, files, data, examples, examplesPath: examplesName };
      return { drafted: await draftPackage({ ...request, signal: stop.signal, onProgress }), plan: whole };
    });
  } catch (error) {
    stop.signal.throwIfAborted();
    throw error;
  } finally {
    progress.clear();
    restore();
  }
}

/** @returns the paths of what was written */
async function write({ folder, plan, copies }: Place, { text, examples }: DraftedPackage): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const written: string[] = [];
  for (const { path, absolute } of copies ? plan.files : []) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await copyFile(absolute, join(folder, path));
    written.push(path);
  }
  if (examples !== null) {
    const lines = examples.map((row) => JSON.stringify(row)).join(",\n  ");
    await writeFile(join(folder, examplesName), `[\n  ${lines}\n]\n`);
    written.push(examplesName);
  }
  await writeFile(join(folder, manifestName), text);
  return [...written, manifestName];
}

interface Report {
  readonly place: Place;
  readonly drafted: DraftedPackage;
  readonly written: readonly string[];
  readonly data: string | null;
}

function report(context: Context, { place, drafted, written, data }: Report): void {
  const { text, sample, remarks, inputs, outputs, others, examples } = drafted;
  const { folder } = place;
  const done = { folder, written, name: place.plan.name, inputs, outputs, others, sample, remarks };
  if (context.settings.format === "json") return writeJson(context, { ...done, manifest: text });
  writeOne(context, done, [
    ["written", written.map((name) => join(folder, name)).join("\n")],
    ["inputs", inputs.join(", ")],
    ["outputs", outputs.join(", ")],
    ["not used", others.join(", ")],
    ["sample", sample === null || data === null ? null : `${sample.rows} of ${sample.total} rows of ${basename(data)}`],
    ["remark", remarks.join("\n")],
  ]);
  if (examples !== null)
    warn(context, `${examplesName} has what this machine answered, not what was recorded at training.`);
  note(
    context,
    `\nRead ${join(folder, manifestName)} through; then\n  slipway check ${folder}\n  slipway deploy ${folder}`,
  );
}
