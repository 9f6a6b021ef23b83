import type { Audit } from "../../access/index.ts";
import type { CollectGarbage, Endpoints, EnvironmentCare, ImportPredictions, Replay } from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Monitoring } from "../../monitoring/index.ts";
import type { Backups } from "../../platform/backup/index.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Http } from "../../platform/http/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { LogFile } from "../../platform/telemetry/index.ts";
import type { Erasures, Labels, PredictionLake, PredictionLog } from "../../predictions/index.ts";
import type { FindLineage, Registry } from "../../registry/index.ts";
import type { Compare, FindAbReport, Gates, Rollouts } from "../../rollouts/index.ts";
import type { Artifacts, MlflowImports, Removal, Tracking } from "../../tracking/index.ts";
import type { ProcessReport } from "../process-report.ts";
import { createAbHandlers } from "./ab-handlers.ts";
import { createAuditHandlers } from "./audit-handlers.ts";
import { createBacktestHandlers } from "./backtest-handlers.ts";
import { createBackupHandlers } from "./backup-handlers.ts";
import { createBlobHandlers, registerUpload } from "./blob-handlers.ts";
import { createChannelHandlers } from "./channel-handlers.ts";
import { createEnvironmentHandlers } from "./environment-handlers.ts";
import { createEraseHandlers } from "./erase-handlers.ts";
import { createEndpointHandlers } from "./endpoint-handlers.ts";
import { registerEndpointPaths } from "./endpoint-paths.ts";
import { createFileHandlers } from "./file-handlers.ts";
import { createIncidentHandlers } from "./incident-handlers.ts";
import { createLabelHandlers } from "./label-handlers.ts";
import { createComparisonHandlers } from "./comparison-handlers.ts";
import { createMaintenanceHandlers } from "./maintenance-handlers.ts";
import { createMlflowImportHandlers } from "./mlflow-import-handlers.ts";
import { createMonitorHandlers } from "./monitor-handlers.ts";
import { createModelHandlers } from "./model-handlers.ts";
import { createPredictionHandlers } from "./prediction-handlers.ts";
import { registerPredict } from "./predict.ts";
import { sendProblem } from "./problem.ts";
import { createPredictionImportHandlers } from "./prediction-import-handlers.ts";
import { createQueryHandlers } from "./query-handlers.ts";
import { createTrackingHandlers } from "./tracking-handlers.ts";
import { registerRoutes } from "./register.ts";
import { createRolloutHandlers } from "./rollout-handlers.ts";
import { createRunRemovalHandlers } from "./run-removal-handlers.ts";
import { createServerHandlers, type ServerFacts } from "./server-handlers.ts";

export { registerPredict } from "./predict.ts";
export { sendProblem } from "./problem.ts";
export { registerUnknown } from "./unknown.ts";
export type { ServerFacts } from "./server-handlers.ts";

export interface ApiDeps {
  readonly facts: ServerFacts;
  readonly audit: Audit;
  readonly blobs: BlobStore;
  readonly blobLimit: number;
  readonly backups: Backups;
  readonly basePath: string;
  readonly collectGarbage: CollectGarbage;
  readonly logFile: LogFile;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly findLineage: FindLineage;
  readonly endpoints: Endpoints;
  readonly environmentCare: EnvironmentCare;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  readonly monitoring: Monitoring;
  readonly rollouts: Rollouts;
  readonly findAbReport: FindAbReport;
  readonly mlflowImports: MlflowImports;
  readonly tracking: Tracking;
  readonly artifacts: Artifacts;
  readonly erasures: Erasures;
  readonly removal: Removal;
  readonly compare: Compare;
  readonly gates: Gates;
  readonly replay: Replay;
  readonly importPredictions: ImportPredictions;
  /** Of the other processes of this server; null where there are none. */
  readonly others: (() => Promise<readonly ProcessReport[]>) | null;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** `/api/v1`, and predict of each endpoint. */
export function registerApi(app: Http, deps: ApiDeps): void {
  app.register(async (scope) => {
    scope.setErrorHandler((error, _request, reply) => sendProblem(error, reply, deps.logger));
    registerPredict(scope, { infer: deps.endpoints.infer, registry: deps.registry });
    registerEndpointPaths(scope, deps);
    registerUpload(scope, deps.blobs, deps.blobLimit);
    registerRoutes(scope, {
      ...createServerHandlers(deps),
      ...createEraseHandlers(deps),
      ...createAbHandlers(deps),
      ...createAuditHandlers(deps),
      ...createBackupHandlers(deps.backups),
      ...createBlobHandlers(deps.blobs),
      ...createEndpointHandlers(deps),
      ...createModelHandlers(deps),
      ...createFileHandlers(deps),
      ...createPredictionHandlers(deps),
      ...createPredictionImportHandlers(deps),
      ...createQueryHandlers(deps),
      ...createLabelHandlers(deps),
      ...createMonitorHandlers(deps),
      ...createIncidentHandlers(deps),
      ...createChannelHandlers(deps),
      ...createBacktestHandlers(deps),
      ...createRolloutHandlers(deps),
      ...createMaintenanceHandlers(deps),
      ...createComparisonHandlers(deps),
      ...createEnvironmentHandlers(deps.environmentCare),
      ...createMlflowImportHandlers(deps),
      ...createTrackingHandlers(deps),
      ...createRunRemovalHandlers(deps),
    });
  });
}
