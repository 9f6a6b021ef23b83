export { createClient, defaultUrl, type Client, type ClientOptions, type ServerClient } from "./client.ts";
export { ConnectionError, ServerError } from "./errors.ts";
export { SlipwayError, type ErrorCode, type ErrorKind } from "@slipway/contract/errors";
export { isFinished, toOperationError } from "./operations.ts";
export type { DeploymentsClient, OperationsClient } from "./operations.ts";
export type { AbClient, AbOptions } from "./ab.ts";
export type { BlobBody, BlobPresence, BlobsClient, UploadOptions } from "./blobs.ts";
export type { ChangeOptions, EndpointsClient } from "./endpoints.ts";
export type { EnvironmentsClient } from "./environments.ts";
export type { LogFilter, LogFollowOptions, LogLine, LogOptions } from "./logs.ts";
export type { ReplaysClient } from "./maintenance.ts";
export type { LabelListOptions, LabelOptions, LabelsClient } from "./labels.ts";
export type { MlflowImportClient } from "./mlflow-import.ts";
export type { ChannelsClient } from "./channels.ts";
export type { IncidentDeedOptions, IncidentListOptions, IncidentsClient } from "./incidents.ts";
export type { MonitoringClient, MonitorOptions, MonitorSeriesOptions, MonitorTestOptions } from "./monitoring.ts";
export type { AliasesClient, DownloadedFile, ModelsClient, VersionRef, VersionsClient } from "./models.ts";
export type { Page, PageOptions } from "./pages.ts";
export type {
  EndpointClient,
  EndpointTypes,
  ManyAnswer,
  OneAnswer,
  PredictOptions,
  UntypedEndpoint,
} from "./predict.ts";
export type {
  EraseOptions,
  FollowOptions,
  PredictionFilter,
  PredictionListOptions,
  PredictionsClient,
} from "./predictions.ts";
export type {
  RolloutChange,
  RolloutCommandOptions,
  RolloutListOptions,
  RolloutsClient,
  RolloutStartOptions,
  RolloutWatchOptions,
} from "./rollouts.ts";
export type { ExperimentsClient, RunsClient, TrackingSearch } from "./tracking.ts";
export type { CallOptions } from "./transport.ts";
