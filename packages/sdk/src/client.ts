import type { LogLines, NewGc, Operation, ServerStatus } from "@slipway/contract";
import { createAb, type AbClient } from "./ab.ts";
import { createAudit, type AuditClient } from "./audit.ts";
import { createBlobs, type BlobsClient } from "./blobs.ts";
import { collectGarbage, createReplays, type ReplaysClient } from "./maintenance.ts";
import { createChannels, type ChannelsClient } from "./channels.ts";
import { createEndpoints, type EndpointsClient } from "./endpoints.ts";
import { createEnvironments, type EnvironmentsClient } from "./environments.ts";
import { createIncidents, type IncidentsClient } from "./incidents.ts";
import { createLabels, type LabelsClient } from "./labels.ts";
import { followLogs, listLogs, type LogFollowOptions, type LogLine, type LogOptions } from "./logs.ts";
import { createMonitoring, type MonitoringClient } from "./monitoring.ts";
import { createMlflowImport, type MlflowImportClient } from "./mlflow-import.ts";
import {
  createAliases,
  createModels,
  createVersions,
  type AliasesClient,
  type ModelsClient,
  type VersionsClient,
} from "./models.ts";
import { createComparisons, type ComparisonsClient } from "./comparisons.ts";
import { createDeployments, createOperations, type DeploymentsClient, type OperationsClient } from "./operations.ts";
import { createEndpoint, type EndpointClient, type EndpointTypes, type UntypedEndpoint } from "./predict.ts";
import { createPredictions, type PredictionsClient } from "./predictions.ts";
import { createRollouts, type RolloutsClient } from "./rollouts.ts";
import { createExperiments, createRuns, type ExperimentsClient, type RunsClient } from "./tracking.ts";
import { createTransport, type CallOptions } from "./transport.ts";

export const defaultUrl = "http://127.0.0.1:8080";

export interface ClientOptions {
  /** Address of the server with its base path, if it has one; `http://127.0.0.1:8080` by default. */
  readonly url?: string | undefined;
  readonly token?: string | undefined;
  /** Stands in for the platform's own fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Limit of an ordinary call, 30,000 ms by default; uploads and followed streams have none. */
  readonly timeoutMs?: number | undefined;
}

export interface ServerClient {
  status(options?: CallOptions): Promise<ServerStatus>;
  /** A consistent copy of everything, as the bytes of a tar archive; whole only where its last entry is `manifest.json`. */
  backup(options?: CallOptions): Promise<ReadableStream<Uint8Array>>;
  /** Takes away files that nothing needs; the operation that comes back has a `GcResult` in the end. */
  gc(request?: NewGc, options?: CallOptions): Promise<Operation>;
  /** The last lines of the server's own log, oldest first. */
  logs(options?: LogOptions): Promise<LogLines>;
  /** The last `limit` lines, then new ones as they come, in pieces that are never empty; without an end. */
  followLogs(options?: LogFollowOptions): AsyncGenerator<readonly LogLine[], void, undefined>;
}

export interface Client<Endpoints = Record<string, UntypedEndpoint>> {
  readonly url: string;
  readonly server: ServerClient;
  readonly models: ModelsClient;
  readonly versions: VersionsClient;
  readonly aliases: AliasesClient;
  readonly endpoints: EndpointsClient;
  readonly deployments: DeploymentsClient;
  readonly operations: OperationsClient;
  readonly blobs: BlobsClient;
  readonly predictions: PredictionsClient;
  readonly labels: LabelsClient;
  readonly monitoring: MonitoringClient;
  readonly incidents: IncidentsClient;
  readonly ab: AbClient;
  readonly channels: ChannelsClient;
  readonly rollouts: RolloutsClient;
  readonly replays: ReplaysClient;
  readonly comparisons: ComparisonsClient;
  readonly audit: AuditClient;
  readonly environments: EnvironmentsClient;
  readonly mlflowImport: MlflowImportClient;
  readonly experiments: ExperimentsClient;
  readonly runs: RunsClient;
  /** One endpoint to predict with; `pin` names a version or an alias, which is then on record as pinned. */
  endpoint<N extends keyof Endpoints & string>(
    name: N,
    options?: { readonly pin?: number | string | undefined },
  ): EndpointClient<InputOf<Endpoints[N]>, PredictionOf<Endpoints[N]>>;
}

type InputOf<E> = E extends { readonly input: infer I } ? I : never;
type PredictionOf<E> = E extends { readonly prediction: infer P } ? P : never;

/**
 * A client of one server, for browsers and Node. Nothing is sent until a method is called.
 * Reading calls and idempotent writes are repeated at most twice after a lost connection or a 503 with Retry-After.
 * @throws SlipwayError `invalid_config` where the address or the token cannot be one
 */
export function createClient<
  Endpoints extends { readonly [N in keyof Endpoints]: EndpointTypes } = Record<string, UntypedEndpoint>,
>(options: ClientOptions = {}): Client<Endpoints> {
  const transport = createTransport({
    url: options.url ?? defaultUrl,
    token: options.token,
    fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    timeoutMs: options.timeoutMs ?? 30_000,
  });
  return {
    url: transport.url,
    server: {
      status: (call) => transport.call({ method: "GET", path: "/api/v1/server", ...call }),
      backup: async (call) => {
        const { body } = await transport.send({ method: "GET", path: "/api/v1/backup", endless: true, ...call });
        return body ?? new ReadableStream({ start: (stream) => stream.close() });
      },
      gc: (request, options) => collectGarbage(transport, request, options),
      logs: (options) => listLogs(transport, options),
      followLogs: (options) => followLogs(transport, options),
    },
    models: createModels(transport),
    versions: createVersions(transport),
    aliases: createAliases(transport),
    endpoints: createEndpoints(transport),
    deployments: createDeployments(transport),
    operations: createOperations(transport),
    blobs: createBlobs(transport),
    predictions: createPredictions(transport),
    labels: createLabels(transport),
    monitoring: createMonitoring(transport),
    incidents: createIncidents(transport),
    ab: createAb(transport),
    channels: createChannels(transport),
    rollouts: createRollouts(transport),
    replays: createReplays(transport),
    comparisons: createComparisons(transport),
    audit: createAudit(transport),
    environments: createEnvironments(transport),
    mlflowImport: createMlflowImport(transport),
    experiments: createExperiments(transport),
    runs: createRuns(transport),
    endpoint: (name, { pin } = {}) => createEndpoint(transport, name, pin),
  };
}
