import * as imports from "../schemas/mlflow-import.ts";
import type { RouteSpec } from "./route-spec.ts";

const common = { method: "POST", tag: "imports", scope: "deploy", status: 200 } as const;
const path = (what: string) => `/api/v1/imports/mlflow/${what}` as const;

/** What `slipway import mlflow` writes through. Everything may be sent again: what is there already changes nothing. */
export const mlflowImportRoutes = {
  importMlflowState: {
    ...common,
    path: path("state"),
    summary: "What earlier imports have said of these records",
    body: imports.importState,
    answer: imports.importStateAnswer,
    errors: [],
  },
  importMlflowMarks: {
    ...common,
    path: path("marks"),
    summary: "Say of records that they were imported whole",
    body: imports.importMarks,
    answer: imports.importStateAnswer,
    errors: [],
  },
  importMlflowExperiments: {
    ...common,
    path: path("experiments"),
    summary: "Experiments of an MLflow, found by their names or made",
    body: imports.importExperiments,
    answer: imports.importExperimentsAnswer,
    errors: [],
  },
  importMlflowRuns: {
    ...common,
    path: path("runs"),
    summary: "Runs of an MLflow with their own ids and times",
    body: imports.importRuns,
    answer: imports.importResults,
    errors: ["experiment_not_found"],
  },
  importMlflowPoints: {
    ...common,
    path: path("points"),
    summary: "Points of metrics; one that is here already stays one",
    body: imports.importPoints,
    answer: imports.importPointsAnswer,
    errors: ["run_not_found", "too_large", "invalid_request"],
  },
  importMlflowLoggedModels: {
    ...common,
    path: path("logged-models"),
    summary: "Logged models of an MLflow with their own ids and times",
    body: imports.importLoggedModels,
    answer: imports.importResults,
    errors: ["experiment_not_found"],
  },
  importMlflowModel: {
    ...common,
    path: path("models"),
    summary: "A registered model of an MLflow, with versions by their own numbers, then aliases",
    body: imports.importModel,
    answer: imports.importModelAnswer,
    errors: ["invalid_name", "invalid_request"],
  },
  importMlflowArtifacts: {
    ...common,
    path: path("artifacts"),
    summary: "The files that are here already, with their SHA-256",
    body: imports.importArtifacts,
    answer: imports.importArtifactsAnswer,
    errors: ["invalid_request"],
  },
} as const satisfies Record<string, RouteSpec>;
