import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { isOnnx, isWholeFolder, listFolder, listCompanions, requireModelFile } from "./model-folder.ts";
import { planRemote } from "./plan-remote.ts";
import { UsageError } from "../exit-codes.ts";
import { listGateFiles } from "./gate-files.ts";
import { readManifest, type ManifestJson } from "../manifest.ts";
import { defaultName } from "./default-name.ts";
import type { DeployPlan, PlannedFile } from "./deploy-plan.ts";

const manifestName = "slipway.yaml";

/** @throws UsageError, SlipwayError `invalid_manifest` */
export async function planDeploy(path: string, name: string | undefined): Promise<DeployPlan> {
  const absolute = resolve(path);
  if (/^https?:\/\//.test(path)) return planRemote(path, name);
  const found = await stat(absolute).catch(() => null);
  if (found === null)
    throw new UsageError(`There is no ${path}: give a model file, a folder that holds a model, or the URL of one.`);
  if (found.isDirectory()) return planFolder(absolute, name);
  if (/^slipway\.ya?ml$/.test(basename(absolute))) return planFolder(dirname(absolute), name);
  const folder = dirname(absolute);
  const entry = basename(absolute);
  const files = isWholeFolder(entry) ? await listFolder(folder) : await filesOf(folder, entry);
  const plan = { name: name ?? defaultName(absolute), folder, entry, files, manifest: undefined };
  const unread = (await stat(join(folder, manifestName)).catch(() => null)) !== null;
  return unread ? { ...plan, hint: `${manifestName} beside ${entry} is not read; deploy its folder to use it` } : plan;
}

/** What a manifest of any name deploys; its paths are relative to its folder. @throws UsageError */
export function planManifest(file: string): Promise<DeployPlan> {
  const absolute = resolve(file);
  return planFolder(dirname(absolute), undefined, absolute);
}

async function planFolder(
  folder: string,
  name: string | undefined,
  file = join(folder, manifestName),
): Promise<DeployPlan> {
  if ((await stat(file).catch(() => null)) === null) return planBare(folder, name);
  const manifest = await readManifest(file);
  const model = manifest.model as { path?: unknown; command?: unknown } | null | undefined;
  const given = typeof manifest.name === "string" ? manifest.name : undefined;
  const entry = normalise(typeof model?.path === "string" ? model.path : await requireModelFile(folder));
  const gateFiles = await Promise.all(
    (await listGateFiles(manifest, folder)).map((path) => toPlanned(folder, normalise(path))),
  );
  const known = { name: name ?? given ?? defaultName(join(folder, "model.onnx")), folder, entry, manifest };
  const plan = { ...known, ...(gateFiles.length > 0 && { gateFiles: uniqueFiles(gateFiles) }) };
  // What a model of Python or of another language reads beside its file, nobody but itself knows.
  if (!isOnnx(entry) || model?.command !== undefined) return { ...plan, files: await listFolder(folder) };
  const named = await Promise.all(namedFiles(manifest).map((path) => toPlanned(folder, normalise(path))));
  return { ...plan, files: uniqueFiles([...(await filesOf(folder, entry)), ...named]) };
}

/** A folder that some framework wrote. */
async function planBare(folder: string, name: string | undefined): Promise<DeployPlan> {
  const entry = await requireModelFile(folder);
  const files = isWholeFolder(entry) ? await listFolder(folder) : await filesOf(folder, entry);
  return { name: name ?? defaultName(join(folder, "model.onnx")), folder, entry, files, manifest: undefined };
}

/** The files beside the model that its section names: examples and reference data. What is wrong there, the server says. */
function namedFiles(manifest: ManifestJson): string[] {
  const { examples, training } = toRecord(manifest.model);
  const path = typeof examples === "string" ? examples : toRecord(examples)["path"];
  return [path, toRecord(training)["reference"]].filter((each) => typeof each === "string");
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function uniqueFiles(files: readonly PlannedFile[]): PlannedFile[] {
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

/** A path inside the package with `/`; one that leads out of it is refused. */
function normalise(path: string): string {
  const clean = relative(".", join(".", path)).split(sep).join("/");
  if (isAbsolute(path) || clean === "" || clean.startsWith(".."))
    throw new UsageError(`${JSON.stringify(path)} leads out of the folder: only files inside can be deployed.`);
  return clean;
}

/**
 * The model's file, the data files that exporters write beside it (model.onnx.data, model.onnx_data, model.onnx.bin), and what says which
 * Python packages it needs.
 */
async function filesOf(folder: string, entry: string): Promise<PlannedFile[]> {
  const at = join(folder, dirname(entry));
  const stem = basename(entry);
  const beside = (await readdir(at).catch(() => [])).filter(
    (file) => file.startsWith(stem) && /^[._-]?(data|bin|weights?|\d+)/i.test(file.slice(stem.length)),
  );
  if (!isOnnx(entry)) beside.push(...(await listCompanions(at)));
  const paths = beside.toSorted().map((file) => join(dirname(entry), file).split(sep).join("/"));
  return Promise.all([entry, ...paths].map((path) => toPlanned(folder, path)));
}

async function toPlanned(folder: string, path: string): Promise<PlannedFile> {
  const absolute = join(folder, path);
  const found = await stat(absolute).catch(() => null);
  if (found === null || !found.isFile()) throw new UsageError(`There is no file ${absolute}, which the model needs.`);
  return { path, absolute, size: found.size };
}

/**
 * The plan with the files that the server found missing. A server names them, so they must lie inside the folder,
 * links followed, and must not be hidden ones: nobody else's file is sent.
 * @returns null where nothing can be added
 */
export async function addMissing(plan: DeployPlan, missing: readonly string[]): Promise<DeployPlan | null> {
  const known = new Set(plan.files.map((file) => file.path));
  const added: PlannedFile[] = [];
  for (const name of missing) {
    const found = (await findInside(plan, name)) ?? (await findInside(plan, join(dirname(plan.entry), name)));
    if (found === null) return null;
    if (!known.has(found.path)) added.push(found);
    known.add(found.path);
  }
  return added.length === 0 ? null : { ...plan, files: [...plan.files, ...added] };
}

async function findInside(plan: DeployPlan, name: string): Promise<PlannedFile | null> {
  const path = join(".", name).split(sep).join("/");
  if (isAbsolute(name) || path.split("/").some((part) => part.startsWith("."))) return null;
  const absolute = await realpath(join(plan.folder, path)).catch(() => null);
  const root = await realpath(plan.folder);
  if (absolute === null || !absolute.startsWith(root + sep)) return null;
  const found = await stat(absolute);
  return found.isFile() ? { path, absolute, size: found.size } : null;
}
