import type {
  ImportArtifacts,
  ImportArtifactsAnswer,
  ImportExperiments,
  ImportExperimentsAnswer,
  ImportLoggedModels,
  ImportMarks,
  ImportModel,
  ImportPoints,
  ImportPointsAnswer,
  ImportResults,
  ImportRuns,
  ImportState,
  ImportStateAnswer,
} from "@slipway/contract";
import type { Registry } from "../../registry/index.ts";
import type { Artifacts, MlflowImports } from "../../tracking/index.ts";
import type { Handlers } from "./register.ts";

type ImportRoutes = Extract<keyof Handlers, `importMlflow${string}`>;

export interface MlflowImportHandlerDeps {
  readonly mlflowImports: MlflowImports;
  readonly registry: Registry;
  readonly artifacts: Artifacts;
}

export function createMlflowImportHandlers({
  mlflowImports,
  registry,
  artifacts,
}: MlflowImportHandlerDeps): Pick<Handlers, ImportRoutes> {
  return {
    importMlflowState: async ({ body }) =>
      ({ marks: await mlflowImports.readMarks(body as ImportState) }) satisfies ImportStateAnswer,
    importMlflowMarks: async ({ body }) => {
      await mlflowImports.putMarks(body as ImportMarks);
      return { marks: (body as ImportMarks).marks } satisfies ImportStateAnswer;
    },
    importMlflowExperiments: async ({ body }) =>
      ({ experiments: await mlflowImports.experiments(body as ImportExperiments) }) satisfies ImportExperimentsAnswer,
    importMlflowRuns: async ({ body }) =>
      ({ results: [...(await mlflowImports.runs(body as ImportRuns))] }) satisfies ImportResults,
    importMlflowPoints: async ({ body }) =>
      ({ points: await mlflowImports.points(body as ImportPoints) }) satisfies ImportPointsAnswer,
    importMlflowLoggedModels: async ({ body }) =>
      ({ results: [...(await mlflowImports.loggedModels(body as ImportLoggedModels))] }) satisfies ImportResults,
    importMlflowArtifacts: async ({ body }) =>
      ({
        files: [...(await artifacts.listFiles((body as ImportArtifacts).folder))],
      }) satisfies ImportArtifactsAnswer,
    importMlflowModel: ({ body, author }) => registry.importModel(body as ImportModel, author),
  };
}
