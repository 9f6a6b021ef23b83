import { SlipwayError } from "@slipway/contract";
import type { Registry } from "../../registry/index.ts";
import {
  findArtifactFolder,
  joinArtifactPath,
  parseArtifactPath,
  type Artifacts,
  type ListedArtifact,
} from "../../tracking/index.ts";
import { need, text } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";
import { sendArtifact } from "./send-artifact.ts";

export interface ArtifactDeps {
  readonly artifacts: Artifacts;
  readonly registry: Registry;
}

const reads = { method: "GET", scope: "read" } as const;

/** The rows of the table that are about files; what streams or has a path at its end is in `artifact-paths.ts`. */
export function createArtifactRoutes(deps: ArtifactDeps): readonly MlflowRoute[] {
  const { artifacts } = deps;
  return [
    route({
      ...reads,
      path: "/mlflow-artifacts/artifacts",
      fields: { path: text },
      handler: async ({ path = "" }) => toListing(await artifacts.list(path)),
    }),
    route({
      ...reads,
      path: "/mlflow/artifacts/list",
      fields: { run_id: need(text), path: text, page_token: text },
      handler: async ({ run_id, path = "" }) => listBelow(artifacts, await artifacts.locateRun(run_id), path),
    }),
    route({
      ...reads,
      path: "/mlflow/logged-models/:model_id/artifacts/directories",
      fields: { model_id: need(text), artifact_directory_path: text },
      handler: async ({ model_id, artifact_directory_path: path = "" }) =>
        listBelow(artifacts, await artifacts.locateLoggedModel(model_id), path),
    }),
    ...createFileRoutes(deps),
    // Asked by the client of one cloud, and by those that were told to; both go on without.
    route({
      method: "POST",
      scope: "track",
      path: "/mlflow/artifacts/presigned-upload-url",
      fields: {},
      handler: async () => {
        throw new SlipwayError(
          "unimplemented",
          "Presigned URLs are not supported: artifacts are uploaded to this server.",
        );
      },
    }),
  ];
}

/** Files as the UI of MLflow asks for them. */
function createFileRoutes({ artifacts, registry }: ArtifactDeps): readonly MlflowRoute[] {
  return [
    route({
      ...reads,
      version: null,
      path: "/get-artifact",
      fields: { run_id: need(text), path: need(text) },
      handler: async ({ run_id, path }, { http, reply }) =>
        sendArtifact({ artifacts, path: toPath(await artifacts.locateRun(run_id), path), http, reply }),
    }),
    route({
      ...reads,
      version: null,
      path: "/model-versions/get-artifact",
      fields: { name: need(text), version: need(text), path: need(text) },
      handler: async ({ name, version, path }, { http, reply }) => {
        const { origin } = await registry.requireVersion(name, toNumber(version));
        return sendArtifact({ artifacts, path: toPath(origin.storageLocation, path), http, reply });
      },
    }),
    route({
      ...reads,
      path: "/mlflow/logged-models/:model_id/artifacts/files",
      fields: { model_id: need(text), artifact_file_path: need(text) },
      handler: async ({ model_id, artifact_file_path: path }, { http, reply }) =>
        sendArtifact({ artifacts, path: toPath(await artifacts.locateLoggedModel(model_id), path), http, reply }),
    }),
  ];
}

export function toListing(listed: readonly ListedArtifact[], folder = ""): object {
  if (listed.length === 0) return {};
  return {
    files: listed.map(({ name, size }) => {
      const path = joinArtifactPath(folder, name);
      return size === null ? { path, is_dir: true } : { path, is_dir: false, file_size: size };
    }),
  };
}

async function listBelow(artifacts: Artifacts, uri: string, given: string): Promise<object> {
  const path = parseArtifactPath(given);
  return { root_uri: uri, ...toListing(await artifacts.list(toPath(uri, path)), path) };
}

/** A path below an artifact URI, from our root. @throws SlipwayError `invalid_request` where another store has the files */
export function toPath(uri: string, given: string): string {
  const folder = findArtifactFolder(uri);
  if (folder !== null) return joinArtifactPath(folder, parseArtifactPath(given));
  throw new SlipwayError("invalid_request", `These files are in ${uri}, a store of their own; read them there.`, {
    uri,
  });
}

function toNumber(version: string): number {
  if (/^[1-9][0-9]{0,14}$/.test(version)) return Number(version);
  throw new SlipwayError("invalid_request", `Model version must be an integer, got '${version}'`);
}
