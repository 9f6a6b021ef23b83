import { SlipwayError, type DeployFilesRequest, type DeploySourceRequest } from "@slipway/contract";
import {
  parseSource,
  requireVerified,
  type ModelVersion,
  type SourceFiles,
  type Sources,
  type VersionOrigin,
  type VersionRef,
} from "../registry/index.ts";

export interface PlannedFiles {
  readonly request: DeployFilesRequest;
  readonly origin: VersionOrigin;
  readonly registered?: VersionRef;
}

/** A version that was looked at before: it only has to be served. */
export interface PlannedVersion {
  readonly request: Omit<DeployFilesRequest, "files" | "entry">;
  readonly version: ModelVersion;
}

/**
 * What a source is here: files of the artifacts, which nobody sends or copies, or a version. `models:/NAME…` is that version, and
 * becomes verified where it is; all else becomes a new one.
 * @throws SlipwayError `invalid_request`, `precondition_failed`, and what is not found
 */
export async function planSource(
  { sources }: { readonly sources: Sources },
  { source, ...request }: DeploySourceRequest,
): Promise<PlannedFiles | PlannedVersion> {
  const parsed = parseSource(source);
  if (parsed.kind !== "version") {
    const origin = await sources.toOrigin({ source });
    const name = request.name ?? (await sources.findName(origin));
    return { request: await toFilesRequest(sources, { ...request, name }, origin), origin };
  }
  const version = await sources.findVersion(parsed.model, parsed.wanted);
  requireSameModel(version, request.name);
  const named = { ...request, name: version.model };
  if (version.state === "verified") {
    requireNoModelSection(version, request.manifest);
    return { request: named, version };
  }
  if (version.state === "external") requireVerified(version);
  const registered = { model: version.model, version: version.version };
  return planRegistered(sources, version, named).then((planned) => ({ ...planned, registered }));
}

/** The files of a version that nobody has looked at yet. */
export async function planRegistered(
  sources: Sources,
  { origin }: ModelVersion,
  request: Omit<DeploySourceRequest, "source" | "name"> & { readonly name: string },
): Promise<PlannedFiles> {
  return { request: await toFilesRequest(sources, request, origin), origin };
}

async function toFilesRequest(
  sources: Sources,
  request: Omit<DeploySourceRequest, "source" | "name"> & { readonly name: string },
  { storageLocation }: VersionOrigin,
): Promise<DeployFilesRequest> {
  const found = await sources.listFiles(storageLocation);
  const entry = request.entry ?? findEntry(found, storageLocation);
  return { ...request, entry, files: found.files.map(({ path, sha256 }) => ({ path, sha256 })) };
}

/** What is a model by its name alone. */
const modelFile =
  /\.(?:onnx|joblib|pkl|pickle|skops|ubj|pt|pth|pt2|keras|cbm)$|(?:^|\/)(?:saved_model\.pb|slipway_model\.py)$/;

function findEntry({ files, file }: SourceFiles, location: string): string {
  if (file !== null) return file;
  const paths = files.map(({ path }) => path);
  if (paths.includes("MLmodel")) return "MLmodel";
  const [only, ...others] = paths.filter((path) => modelFile.test(path));
  if (only !== undefined && others.length === 0) return only;
  const seen = paths.slice(0, 5).join(", ");
  throw new SlipwayError(
    "invalid_model",
    only === undefined
      ? `There is no MLmodel and no other model file at ${location}; there are: ${seen}. Name the folder of the model, or the file (\`entry\`).`
      : `There are several model files at ${location}, and no MLmodel that says which one: ${[only, ...others].slice(0, 5).join(", ")}. Name the one that is meant (runs:/ID/PATH/FILE).`,
    { location, files: paths.slice(0, 20) },
  );
}

function requireSameModel({ model, version }: ModelVersion, name: string | undefined): void {
  if (name === undefined || name === model) return;
  throw new SlipwayError(
    "invalid_request",
    `models:/${model}/${version} is a version of ${JSON.stringify(model)} and cannot become one of ${JSON.stringify(name)}. Leave the name out; --endpoint says where it serves.`,
    { model, name },
  );
}

/** What a version is was settled when it was looked at. */
function requireNoModelSection({ model, version }: ModelVersion, manifest: unknown): void {
  const section = (manifest as { readonly model?: unknown } | null | undefined)?.model;
  if (section === undefined) return;
  throw new SlipwayError(
    "precondition_failed",
    `${model}@${version} was verified already, and its \`model:\` section does not change any more. Leave that section out, or register the model anew.`,
    { model, version },
  );
}
