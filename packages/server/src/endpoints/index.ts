import { join } from "node:path";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
import type { Operations } from "../platform/queue/index.ts";
import type { Sql } from "../platform/sql/index.ts";
import type { Tracer } from "../platform/telemetry/index.ts";
import type { Packaging } from "../packaging/index.ts";
import type { PredictionLog } from "../predictions/index.ts";
import type { Registry, Sources } from "../registry/index.ts";
import type { Serving } from "../serving/index.ts";
import { createAliasMoves } from "./alias-moves.ts";
import { createChanges, type Changes } from "./changes.ts";
import { createDeploy, type Deploy, type GateFileKeeper, type Release } from "./deploy.ts";
import { createEndpointUseCases, type EndpointUseCases } from "./endpoints.ts";
import { createGatekeeper } from "./gatekeeper.ts";
import { createInfer, type Infer } from "./infer.ts";
import { createRepository, type Repository } from "./repository.ts";
import { resumeAliases } from "./resume-aliases.ts";
import { createRouting } from "./routing.ts";
import { createSharedRouting, type RoutePeers } from "./shared-routing.ts";
import type { ShadowState } from "./shadows/held-shadow.ts";
import { createShadows } from "./shadows/shadows.ts";
import type { RoutingSnapshot } from "./snapshot.ts";
import { createEndpointStore } from "./store.ts";
import { createVerify, type Verify } from "./verify.ts";
import { createVerifyRegistered } from "./verify-registered.ts";

export { listFieldNotes } from "./field-notes.ts";
export { champion, diffJson, toManifestSettings } from "./endpoint.ts";
export type {
  Arm,
  Change,
  Endpoint,
  EndpointRevision,
  EndpointSpec,
  LabelSettings,
  Shadow,
  TrafficRule,
  EndpointSettings,
  TrafficSettings,
} from "./endpoint.ts";
export type { Authorship, ChangeResult } from "./changes.ts";
export type { Release, ReleaseOrder } from "./deploy.ts";
export type { TrafficOrder } from "./set-traffic.ts";
export type { WantedTraffic } from "./plan-traffic.ts";
export type { Infer, InferAnswer } from "./infer.ts";
export { createEnvironmentCare, type EnvironmentCare, type UsedEnvironment } from "./environment-care.ts";
export { createGc, type CollectGarbage, type GcDeps } from "./gc.ts";
export { createFollower, type Follower } from "./follower.ts";
export { InferError } from "./infer-errors.ts";
export { toGated } from "./gatekeeper.ts";
export { checkCompatibility, checkTrainingAge, toWarnings } from "./gates.ts";
export type { Answered, InferCall } from "./journey.ts";
export type { ParsedRequest } from "./parsed-request.ts";
export type { EndpointMetrics } from "./metrics.ts";
export { endpointMigrations } from "./migrations.ts";
export { createImportPredictions, type ImportPredictions } from "./import-predictions.ts";
export { findModelSettings } from "./model-settings.ts";
export { createQuietRun } from "./replay-run.ts";
export { createReplay, type Replay, type ReplayDeps } from "./replay.ts";
export type { Repository, RepositoryEntry } from "./repository.ts";
export type { RoutePeers } from "./shared-routing.ts";
export type { ShadowState } from "./shadows/held-shadow.ts";
export { dropReasons } from "./shadows/shadow-counts.ts";
export type { Route, RoutingSnapshot } from "./snapshot.ts";

export interface EndpointsDeps {
  readonly folder: string;
  readonly instance: string;
  readonly sql: Sql;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly packaging: Packaging;
  readonly registry: Registry;
  readonly sources: Sources;
  readonly serving: Serving;
  readonly predictions: PredictionLog;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Gets one span of every request that has a record; null where nobody collects traces. */
  readonly tracer: Tracer | null;
  readonly gateFiles: GateFileKeeper;
  /** Asked by a deploy before it sends traffic. */
  readonly release: Release;
  /** Null: this process answers alone. */
  readonly peers: RoutePeers | null;
}

export interface Endpoints extends EndpointUseCases {
  readonly infer: Infer;
  readonly deploy: Deploy;
  readonly verify: Verify;
  readonly repository: Repository;
  snapshot(): RoutingSnapshot;
  /** What the shadows of an endpoint have done in this process. */
  listShadows(endpoint: string): readonly ShadowState[];
  /** Runs while no endpoint is being changed. */
  readonly exclusively: Changes["exclusively"];
  /** Loads what SQL says and watches the epoch for changes of other servers on the same database. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const epochPollMs = 1_000;

export function createEndpoints(deps: EndpointsDeps): Endpoints {
  const { registry, clock, logger } = deps;
  const store = createEndpointStore(deps.sql);
  const shadows = createShadows(deps);
  const routing = createRouting({ ...deps, onCommit: shadows.follow });
  const shared = createSharedRouting(routing, deps.peers);
  const changes = createChanges({ store, routing: shared, clock });
  const gatekeeper = createGatekeeper({ registry, clock });
  const making = { ...deps, folder: join(deps.folder, "tmp") };
  const aliases = createAliasMoves({
    ...deps,
    store,
    routing: shared,
    changes,
    gatekeeper,
    verify: (version, how) => verifyRegistered(version, how),
  });
  const endpoints = createEndpointUseCases({ store, routing: shared, registry, changes, gatekeeper, aliases });
  const verifyRegistered = createVerifyRegistered({ ...making, endpoints });
  const deploy = createDeploy({ ...making, endpoints });
  let stopPolling = () => {};

  return {
    ...endpoints,
    deploy,
    verify: createVerify({ ...deps, snapshot: routing.snapshot }),
    repository: createRepository({ store, routing, registry, changes, endpoints }),
    infer: createInfer({ routing, shadows, predictions: deps.predictions, clock, logger, tracer: deps.tracer }),
    snapshot: routing.snapshot,
    listShadows: shadows.list,
    exclusively: changes.exclusively,
    async start() {
      await endpoints.sync();
      resumeAliases({ ...deps, store, aliases, logger }).catch((error: unknown) =>
        logger.error({ error }, "looking for aliases that are not followed failed"),
      );
      let busy = false;
      let mending = false;
      stopPolling = clock.every(epochPollMs, () => {
        if (busy) return;
        busy = true;
        endpoints
          .sync()
          .catch((error: unknown) => logger.warn({ error }, "reading the routing epoch failed"))
          .finally(() => (busy = false));
        if (mending) return;
        mending = true;
        changes
          .mendArms()
          .catch((error: unknown) => logger.warn({ error }, "an arm still does not load"))
          .finally(() => (mending = false));
      });
    },
    async stop() {
      stopPolling();
      shadows.close();
      await routing.pinned.close();
    },
  };
}
