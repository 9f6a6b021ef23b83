import { SlipwayError } from "@slipway/contract";
import type { Repository } from "../../endpoints/index.ts";
import type { GrpcCall } from "../../platform/grpc/index.ts";
import type { ModelPath, ServedModels } from "../served-models.ts";
import type { Plain } from "./messages.ts";

export interface ModelMethodsDeps {
  readonly version: string;
  readonly models: ServedModels;
  readonly repository: Repository;
  ready(): boolean;
}

/** A method that is answered with one message of plain values. */
export interface PlainMethod {
  readonly scope: "public" | "infer" | "read" | "deploy";
  answer(request: Plain, call: GrpcCall): object | Promise<object>;
}

/** Triton's names of what is spoken beyond the protocol itself. */
const extensions = ["classification", "model_configuration", "model_repository", "statistics"];

/** What the service is asked about models, ModelInfer aside. The name of a model is an endpoint. */
export function createModelMethods(deps: ModelMethodsDeps): Readonly<Record<string, PlainMethod>> {
  const { models, repository, version } = deps;
  return {
    ServerLive: { scope: "public", answer: () => ({ live: true }) },
    ServerReady: { scope: "public", answer: () => ({ ready: deps.ready() }) },
    ServerMetadata: { scope: "infer", answer: () => ({ name: "slipway", version, extensions }) },
    ModelReady: { scope: "infer", answer: async (request) => ({ ready: await models.isReady(toPath(request)) }) },
    ModelMetadata: { scope: "infer", answer: (request) => models.metadata(toPath(request)) },
    ModelConfig: { scope: "infer", answer: async (request) => ({ config: await models.config(toPath(request)) }) },
    ModelStatistics: {
      scope: "infer",
      answer: async (request) => ({
        model_stats:
          toText(request["name"]) === "" ? await models.allStatistics() : [await models.statistics(toPath(request))],
      }),
    },
    RepositoryIndex: {
      scope: "read",
      answer: async ({ ready }) => ({
        models: (await repository.index())
          .filter(({ state }) => ready !== true || state === "READY")
          .map((entry) => ({ ...entry, version: entry.version === null ? "" : String(entry.version) })),
      }),
    },
    RepositoryModelLoad: {
      scope: "deploy",
      async answer(request, call) {
        refuseFiles(request);
        const name = toModelName(request);
        await repository.load(name, by(call));
        return { model_name: name, isLoaded: true };
      },
    },
    RepositoryModelUnload: {
      scope: "deploy",
      async answer(request, call) {
        const name = toModelName(request);
        await repository.unload(name, by(call));
        return { model_name: name, isUnloaded: true };
      },
    },
  };
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function toPath({ name, version }: Plain): ModelPath {
  return { model: toText(name), version: toText(version) };
}

/** KServe's clients send it where Triton's have the name of a repository, of which there is one. */
function toModelName({ model_name: model, repository_name: repository }: Plain): string {
  return toText(model) || toText(repository);
}

function refuseFiles({ parameters }: Plain): void {
  const given = Object.keys((parameters ?? {}) as Plain).find((key) => key === "config" || key.startsWith("file:"));
  if (given !== undefined)
    throw new SlipwayError(
      "unimplemented",
      `A load takes no ${JSON.stringify(given)} here: files and settings of a model come with "slipway deploy". Load it without.`,
    );
}

function by({ user }: GrpcCall) {
  return { author: user, message: "asked for through the repository extension" };
}
