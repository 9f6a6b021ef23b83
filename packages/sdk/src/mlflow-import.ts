import type {
  ImportArtifactsAnswer,
  ImportedExperiment,
  ImportedLoggedModel,
  ImportedRun,
  ImportExperimentsAnswer,
  ImportKind,
  ImportModel,
  ImportModelAnswer,
  ImportPoints,
  ImportResults,
} from "@slipway/contract";
import type { CallOptions, Transport } from "./transport.ts";

/**
 * What `slipway import mlflow` writes through: records of an MLflow with their own ids and times. Everything may be sent again;
 * what is there already changes nothing.
 */
export interface MlflowImportClient {
  /** What an earlier import has said of these when it had taken them whole; by id. */
  marks(kind: ImportKind, ids: readonly string[], options?: CallOptions): Promise<Readonly<Record<string, string>>>;
  putMarks(kind: ImportKind, marks: Readonly<Record<string, string>>, options?: CallOptions): Promise<void>;
  experiments(
    experiments: readonly ImportedExperiment[],
    options?: CallOptions & { readonly dryRun?: boolean },
  ): Promise<ImportExperimentsAnswer["experiments"]>;
  runs(runs: readonly ImportedRun[], options?: CallOptions): Promise<ImportResults["results"]>;
  /** At most 5,000 points at a time. */
  points(series: ImportPoints["series"], options?: CallOptions): Promise<void>;
  loggedModels(models: readonly ImportedLoggedModel[], options?: CallOptions): Promise<ImportResults["results"]>;
  model(model: ImportModel, options?: CallOptions): Promise<ImportModelAnswer>;
  /** The files below `EXPERIMENT/RUN/artifacts` or `EXPERIMENT/models/ID/artifacts` that are here. */
  artifacts(folder: string, options?: CallOptions): Promise<ImportArtifactsAnswer["files"]>;
  putArtifact(path: string, body: BodyInit, options?: CallOptions): Promise<void>;
}

export function createMlflowImport(transport: Transport): MlflowImportClient {
  const post = <T>(what: string, json: object, options?: CallOptions): Promise<T> =>
    transport.call({ method: "POST", path: `/api/v1/imports/mlflow/${what}`, json, ...options });
  return {
    marks: async (kind, ids, options) =>
      (await post<{ marks: Record<string, string> }>("state", { kind, ids }, options)).marks,
    putMarks: async (kind, marks, options) => void (await post("marks", { kind, marks }, options)),
    experiments: async (experiments, { dryRun = false, ...options } = {}) =>
      (await post<ImportExperimentsAnswer>("experiments", { experiments, dry_run: dryRun }, options)).experiments,
    runs: async (runs, options) => (await post<ImportResults>("runs", { runs }, options)).results,
    points: async (series, options) => void (await post("points", { series }, options)),
    loggedModels: async (logged_models, options) =>
      (await post<ImportResults>("logged-models", { logged_models }, options)).results,
    model: (model, options) => post("models", model, options),
    artifacts: async (folder, options) => (await post<ImportArtifactsAnswer>("artifacts", { folder }, options)).files,
    async putArtifact(path, body, options) {
      const encoded = path.split("/").map(encodeURIComponent).join("/");
      const response = await transport.send({
        method: "PUT",
        path: `/api/2.0/mlflow-artifacts/artifacts/${encoded}`,
        body,
        headers: { "content-type": "application/octet-stream" },
        endless: true,
        ...options,
      });
      await response.body?.cancel();
    },
  };
}
