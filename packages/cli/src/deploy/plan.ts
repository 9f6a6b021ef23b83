import { readdir, realpath, stat } from "node:fs/promises";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { namePattern } from "@slipway/contract/address";
import { UsageError } from "../exit-codes.ts";
import { readManifest, type ManifestJson } from "../manifest.ts";

export interface PlannedFile {
  /** In the package: relative to its folder, with `/`. */
  readonly path: string;
  readonly absolute: string;
  readonly size: number;
}

/** What `slipway deploy PATH` is about to send. */
export interface DeployPlan {
  readonly name: string;
  readonly folder: string;
  readonly entry: string;
  readonly files: readonly PlannedFile[];
  readonly manifest: ManifestJson | undefined;
}

const manifestName = "slipway.yaml";

/** @throws UsageError, SlipwayError `invalid_manifest` */
export async function planDeploy(path: string, name: string | undefined): Promise<DeployPlan> {
  const absolute = resolve(path);
  const found = await stat(absolute).catch(() => null);
  if (found === null)
    throw new UsageError(`There is no ${path}: give a model file or a folder with a ${manifestName}.`);
  if (found.isDirectory()) return planFolder(absolute, name);
  if (/^slipway\.ya?ml$/.test(basename(absolute))) return planFolder(dirname(absolute), name);
  const folder = dirname(absolute);
  const entry = basename(absolute);
  const files = await filesOf(folder, entry);
  return { name: name ?? defaultName(absolute), folder, entry, files, manifest: undefined };
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
  if ((await stat(file).catch(() => null)) === null)
    throw new UsageError(`${folder} has no ${manifestName}: write one, or name the model file itself.`);
  const manifest = await readManifest(file);
  const model = manifest.model as { path?: unknown } | null | undefined;
  const entry = normalise(typeof model?.path === "string" ? model.path : await onlyModel(folder));
  const given = typeof manifest.name === "string" ? manifest.name : undefined;
  const named = await Promise.all(namedFiles(manifest).map((path) => toPlanned(folder, normalise(path))));
  const files = uniqueFiles([...(await filesOf(folder, entry)), ...named]);
  return { name: name ?? given ?? defaultName(join(folder, "model.onnx")), folder, entry, files, manifest };
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

/** Without `model.path`: the one model file that is there. */
async function onlyModel(folder: string): Promise<string> {
  const found = (await readdir(folder)).filter((file) => file.endsWith(".onnx"));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  throw new UsageError(
    `${join(folder, manifestName)} names no \`model: {path: …}\`, and the folder has ${found.length} .onnx files.`,
  );
}

/** A path inside the package with `/`; one that leads out of it is refused. */
function normalise(path: string): string {
  const clean = relative(".", join(".", path)).split(sep).join("/");
  if (isAbsolute(path) || clean === "" || clean.startsWith(".."))
    throw new UsageError(`${JSON.stringify(path)} leads out of the folder: only files inside can be deployed.`);
  return clean;
}

/** The model's file, and the data files that exporters write beside it (model.onnx.data, model.onnx_data, model.onnx.bin). */
async function filesOf(folder: string, entry: string): Promise<PlannedFile[]> {
  const at = join(folder, dirname(entry));
  const stem = basename(entry);
  const beside = (await readdir(at).catch(() => [])).filter(
    (file) => file.startsWith(stem) && /^[._-]?(data|bin|weights?|\d+)/i.test(file.slice(stem.length)),
  );
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

/** From "Flight Delay v2.onnx" to "flight-delay-v2"; a file called model.onnx is named by its folder. */
export function defaultName(path: string): string {
  const stem = basename(path, extname(path));
  const base = stem.toLowerCase() === "model" ? basename(dirname(path)) : stem;
  const name = base
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, "")
    .slice(0, 100);
  if (!namePattern.test(name))
    throw new UsageError(`No name can be made of ${JSON.stringify(base)}: give one with --name.`);
  return name;
}
