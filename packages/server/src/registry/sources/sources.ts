import { SlipwayError } from "@slipway/contract";
import { findArtifactFolder, type Artifacts, type LoggedModelJson, type Tracking } from "../../tracking/index.ts";
import type { ModelVersion, VersionFile, VersionOrigin } from "../model-version.ts";
import { readRun } from "../read-run.ts";
import type { Registry } from "../registry.ts";
import { listDatasets } from "./list-datasets.ts";
import { parseSource, type Source, type VersionWanted } from "./source.ts";

/** What a client says of where a version comes from. */
export interface NamedSource {
  readonly source: string;
  /** Left out: as the source says. */
  readonly runId?: string | undefined;
  readonly loggedModelId?: string | undefined;
  readonly runLink?: string | undefined;
}

/** Files to deploy and where they come from. */
export interface SourceFiles {
  readonly files: readonly VersionFile[];
  /** The only file that was named; null where a folder was. */
  readonly file: string | null;
}

/** Knows what URIs of models mean here: `models:`, `runs:`, and places of files. */
export interface Sources {
  /** @throws SlipwayError `invalid_request`, and what is not found */
  toOrigin(named: NamedSource): Promise<VersionOrigin>;
  /** The version that a `models:/NAME…` means. @throws SlipwayError as the registry does */
  findVersion(model: string, wanted: VersionWanted): Promise<ModelVersion>;
  /** The files at a place; their blobs are here. @throws SlipwayError `precondition_failed` where they are elsewhere, or nowhere */
  listFiles(location: string): Promise<SourceFiles>;
  /** What the model is called where it was logged. */
  findName(origin: VersionOrigin): Promise<string>;
  /** Files of the datasets of its run that are artifacts here, those for training first. */
  listDatasets(origin: VersionOrigin): Promise<readonly VersionFile[]>;
}

export interface SourceDeps {
  readonly registry: Pick<Registry, "resolve" | "requireVersion" | "findLatestInStage" | "search">;
  readonly tracking: Pick<Tracking, "runs" | "loggedModels" | "search">;
  readonly artifacts: Pick<Artifacts, "listFiles" | "find">;
}

export function createSources({ registry, tracking, artifacts }: SourceDeps): Sources {
  async function findVersion(model: string, wanted: VersionWanted): Promise<ModelVersion> {
    if (wanted.by === "number") return registry.requireVersion(model, wanted.version);
    if (wanted.by === "alias") return registry.resolve({ name: model, alias: wanted.alias });
    const found =
      wanted.by === "stage" ? await registry.findLatestInStage(model, wanted.stage) : await findLatest(registry, model);
    if (found) return found;
    const what = wanted.by === "stage" ? `no version in the stage ${wanted.stage}` : "no version";
    throw new SlipwayError("version_not_found", `The model ${JSON.stringify(model)} has ${what}.`, { model });
  }

  /** A folder of the run, or, where it has none of that name, the model that it logged under the name. */
  async function ofRun({ runId, path }: Extract<Source, { kind: "run" }>) {
    const { info } = await readRun(tracking, runId);
    const location = `${info.artifact_uri.replace(/\/$/, "")}/${path}`;
    const folder = findArtifactFolder(info.artifact_uri);
    if (folder === null || (await hasFiles(artifacts, `${folder}/${path}`))) return { location, loggedModelId: "" };
    const model = await findLogged(tracking, { runId, name: path, experimentId: info.experiment_id });
    return model
      ? { location: model.info.artifact_uri, loggedModelId: model.info.model_id }
      : { location, loggedModelId: "" };
  }

  async function toOrigin(named: NamedSource): Promise<VersionOrigin> {
    const parsed = parseSource(named.source);
    const base = { source: named.source, runLink: named.runLink ?? "" };
    switch (parsed.kind) {
      case "logged_model": {
        requireSame(named, "model_id", [named.loggedModelId, parsed.id]);
        const { info } = await tracking.loggedModels.get(parsed.id).catch(notThere(named, "model_id"));
        const runId = named.runId || info.source_run_id;
        return { ...base, storageLocation: info.artifact_uri, runId, loggedModelId: parsed.id };
      }
      case "version": {
        const { model, version, origin } = await findVersion(parsed.model, parsed.wanted);
        requireSame(named, "run_id", [named.runId || undefined, origin.runId]);
        requireSame(named, "model_id", [named.loggedModelId || undefined, origin.loggedModelId]);
        return { ...origin, ...base, source: `models:/${model}/${version}` };
      }
      case "run": {
        requireSame(named, "run_id", [named.runId || undefined, parsed.runId]);
        const { location, loggedModelId } = await ofRun(parsed).catch(notThere(named, "run_id"));
        return { ...base, storageLocation: location, runId: parsed.runId, loggedModelId };
      }
      default:
        return { ...base, ...(await ofLocation(tracking, parsed, named)), storageLocation: parsed.uri };
    }
  }

  return {
    toOrigin,
    findVersion,
    listDatasets: (origin) => listDatasets({ tracking, artifacts }, origin),
    async listFiles(location) {
      const folder = findArtifactFolder(location);
      if (folder === null) throw elsewhere(location);
      const files = await artifacts.listFiles(folder);
      if (files.length > 0)
        return { files: files.map(({ path, sha256, size }) => ({ path, sha256, size })), file: null };
      const file = folder === "" ? null : await artifacts.find(folder);
      const path = folder.slice(folder.lastIndexOf("/") + 1);
      if (file) return { files: [{ path, sha256: file.sha256, size: file.size }], file: path };
      throw new SlipwayError(
        "precondition_failed",
        `There are no files at ${location}. Log the model again, or see what the run has.`,
        { location },
      );
    },
    async findName({ loggedModelId, storageLocation }) {
      if (loggedModelId !== "") return (await tracking.loggedModels.get(loggedModelId)).info.name;
      return storageLocation.replace(/\/+$/, "").split("/").at(-1)!;
    },
  };
}

/** A place is taken for what its caller says it belongs to, if it lies there; a path of a disk has to. */
async function ofLocation(
  tracking: SourceDeps["tracking"],
  { uri, isLocal }: Extract<Source, { kind: "location" }>,
  named: NamedSource,
) {
  const { runId = "", loggedModelId = "" } =
    named.runId || named.loggedModelId ? named : await findOwner(tracking, uri);
  const model =
    loggedModelId === ""
      ? null
      : (await tracking.loggedModels.get(loggedModelId).catch(notThere(named, "model_id"))).info;
  const run =
    runId === "" || model
      ? null
      : (await readRun(tracking, runId).catch(isLocal ? notThere(named, "run_id") : toNull))?.info;
  const root = model?.artifact_uri ?? run?.artifact_uri;
  const what = model || runId === "" ? "model_id" : "run_id";
  if (isLocal && (root === undefined || !isInside(uri, root))) throw notInside(named, isLocal, what);
  if (findArtifactFolder(uri) !== null && root !== undefined && !isInside(uri, root))
    throw notInside(named, isLocal, what);
  return { runId: runId || (model?.source_run_id ?? ""), loggedModelId };
}

/** Whose artifacts a place of this server is among, where nobody says it. */
async function findOwner(
  tracking: SourceDeps["tracking"],
  uri: string,
): Promise<{ readonly runId?: string; readonly loggedModelId?: string }> {
  const [, first = "", second = "", third] = (findArtifactFolder(uri) ?? "").split("/");
  if (first === "models" && third === "artifacts") {
    const model = await tracking.loggedModels.get(second).catch(toNull);
    return model && isInside(uri, model.info.artifact_uri) ? { loggedModelId: second } : {};
  }
  const run = second === "artifacts" ? await readRun(tracking, first).catch(toNull) : null;
  return run && isInside(uri, run.info.artifact_uri) ? { runId: first } : {};
}

async function findLatest(
  { search, requireVersion }: SourceDeps["registry"],
  model: string,
): Promise<ModelVersion | null> {
  const numbers = (await search.latest(model, [])).map(({ version }) => Number(version));
  return numbers.length === 0 ? null : requireVersion(model, Math.max(...numbers));
}

async function hasFiles(artifacts: SourceDeps["artifacts"], path: string): Promise<boolean> {
  return (await artifacts.listFiles(path)).length > 0 || (await artifacts.find(path)) !== null;
}

/** The newest of the name. */
async function findLogged(
  tracking: SourceDeps["tracking"],
  { runId, name, experimentId }: { readonly runId: string; readonly name: string; readonly experimentId: string },
): Promise<LoggedModelJson | null> {
  // No logged model has one of these in its name.
  if (/[/:.%"']/.test(name)) return null;
  const filter = `name = '${name}' AND source_run_id = '${runId}'`;
  const found = await tracking.search.loggedModels({ experimentIds: [experimentId], filter, maxResults: 1 });
  const { models = [] } = JSON.parse(new TextDecoder().decode(found)) as {
    readonly models?: readonly LoggedModelJson[];
  };
  return models[0] ?? null;
}

/** Whether a place is a folder or in it; of two URIs of one store. */
function isInside(uri: string, root: string): boolean {
  const [folder, below] = [toPath(root), toPath(uri)];
  return below === folder || below.startsWith(`${folder}/`);
}

function toPath(uri: string): string {
  const folder = findArtifactFolder(uri);
  if (folder !== null) return `mlflow-artifacts:/${folder}`;
  return `/${uri
    .replace(/^file:(?:\/\/(?:localhost)?)?/i, "")
    .replaceAll(/\/+/g, "/")
    .replaceAll(/^\/|\/$/g, "")}`;
}

function requireSame(
  { source }: NamedSource,
  what: "run_id" | "model_id",
  [said, is]: readonly [string | undefined, string],
): void {
  if (said !== undefined && said !== "" && said !== is) throw notOf(source, what);
}

function notOf(source: string, what: "run_id" | "model_id"): SlipwayError {
  return new SlipwayError(
    "invalid_request",
    `Invalid model version source: '${source}'. The ${what} request parameter must identify the resource that contains the source.`,
    { source },
  );
}

function notThere({ source }: NamedSource, what: "run_id" | "model_id") {
  return (error: unknown): never => {
    const isMissing =
      SlipwayError.is(error) && (error.code === "run_not_found" || error.code === "logged_model_not_found");
    throw isMissing ? notOf(source, what) : error;
  };
}

function toNull(): null {
  return null;
}

function notInside({ source }: NamedSource, isLocal: boolean, what: "run_id" | "model_id"): SlipwayError {
  if (!isLocal) return notOf(source, what);
  const owner = what === "run_id" ? "run" : "model";
  return new SlipwayError(
    "invalid_request",
    `Invalid model version source: '${source}'. To use a local path as a model version source, the ${what} request parameter has to be ` +
      `specified and the local path has to be contained within the artifact directory of the ${owner} specified by the ${what}.`,
    { source },
  );
}

function elsewhere(location: string): SlipwayError {
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(location)?.[1]?.toLowerCase() ?? "file";
  return new SlipwayError(
    "precondition_failed",
    `The files are at ${location}, in a store of its own (${scheme}:) that this server does not read. Download them and deploy the folder: ` +
      `mlflow artifacts download --artifact-uri ${location} --dst-path model && slipway deploy ./model`,
    { location, scheme },
  );
}
