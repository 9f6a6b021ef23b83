import { join } from "node:path";
import {
  createEndpoints,
  createEnvironmentCare,
  createGc,
  createImportPredictions,
  createReplay,
  type CollectGarbage,
  type Endpoints,
  type EndpointsDeps,
  type EnvironmentCare,
  type ImportPredictions,
  type Replay,
} from "../endpoints/index.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import { createMaintenance, type Maintenance } from "../kernel/maintenance.ts";
import type { Monitoring } from "../monitoring/index.ts";
import { createBackups, type Backups, type BackupsDeps } from "../platform/backup/index.ts";
import { createBlobStore, type BlobStore } from "../platform/blobs/index.ts";
import { createOperations, type Operations } from "../platform/queue/index.ts";
import { createGateFiles } from "../rollouts/index.ts";
import type { Labels, PredictionLake, PredictionLog } from "../predictions/index.ts";
import {
  createLineage,
  createRegistry,
  createSources,
  type FindLineage,
  type Registry,
  type Sources,
  type Webhooks,
} from "../registry/index.ts";
import {
  createMlflowImports,
  createRemoval,
  createTracking,
  type Artifacts,
  type MlflowImports,
  type Removal,
  type Tracking,
} from "../tracking/index.ts";
import type { Serving } from "../serving/index.ts";
import { startKeeping, type Keeping } from "./keeping.ts";
import { createLogMark } from "./log-mark.ts";
import type { CapabilityDeps } from "./capability-deps.ts";
import { openEnvironments } from "./environments.ts";
import { openOutbox } from "./outbox.ts";
import { openPackaging } from "./packaging.ts";
import { openRecord } from "./record.ts";
import { openArtifacts } from "./artifacts.ts";
import { parseModelUser, shieldDataFolder } from "./model-user.ts";
import { openMonitoring } from "./monitoring.ts";
import { createModelRuntimes } from "./runtimes.ts";
import { openServing } from "./serving.ts";
import { openReleases, type Releases } from "./releases.ts";
import { createReleaseDoor } from "./rollouts.ts";
import { openTracer } from "./tracer.ts";
import { openWebhooks } from "./webhooks.ts";

export interface Capabilities extends Keeping, Releases {
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly registry: Registry;
  readonly sources: Sources;
  readonly findLineage: FindLineage;
  readonly webhooks: Webhooks;
  readonly tracking: Tracking;
  readonly artifacts: Artifacts;
  readonly removal: Removal;
  readonly mlflowImports: MlflowImports;
  readonly predictions: PredictionLog;
  readonly predictionLake: PredictionLake;
  readonly labels: Labels;
  readonly endpoints: Endpoints;
  readonly serving: Serving;
  /** Whose turn it is to take files away. */
  readonly maintenance: Maintenance;
  readonly backups: Backups;
  readonly replay: Replay;
  readonly importPredictions: ImportPredictions;
  readonly collectGarbage: CollectGarbage;
  readonly environmentCare: EnvironmentCare;
  readonly monitoring: Monitoring;
}

/** Everything between the storage and the faces, in the order of the layers; the endpoints serve when it returns. */
export async function startCapabilities(given: CapabilityDeps): Promise<Capabilities> {
  const { config, instance, clock, logger, lifecycle } = given;
  const { folder, sql } = given.storage;
  const maintenance = createMaintenance();
  const blobs = createBlobStore({ folder: join(folder, "blobs"), maxBytes: config.blobLimit });
  const operations = createOperations({ sql, clock, logger });
  await operations.recover();
  const environments = openEnvironments({ ...given, folder });
  const user = parseModelUser(config.modelUser);
  if (user !== null) await shieldDataFolder(folder, user);
  const runtimes = createModelRuntimes({ environments, logger, homes: join(folder, "tmp"), user });
  const packaging = openPackaging({ ...given, runtimes });
  const tracking = createTracking({ sql, instance, clock });
  const { outbox, sealer } = await openOutbox(given);
  const webhooks = openWebhooks({ ...given, outbox, sealer });
  const registry = createRegistry({ sql, clock, instance, webhooks });
  const artifacts = await openArtifacts({ ...given, sql, blobs, registry });
  const sources = createSources({ registry, tracking, artifacts });
  const serving = openServing({ ...given, folder, blobs, runtimes });
  const record = await openRecord({ ...given, registry, maintenance, blobs, operations });
  const { predictions, predictionLake, labels } = record;
  const tracer = await openTracer(given);
  const door = createReleaseDoor();
  const files = createGateFiles({ sql, registry });
  const deps = {
    folder,
    instance,
    sql,
    blobs,
    operations,
    packaging,
    registry,
    sources,
    serving,
    predictions,
    clock,
    logger,
    tracer,
    peers: given.workers?.routes ?? null,
    gateFiles: files,
    release: door.release,
  };
  const backups = openBackups({ ...deps, maintenance, lifecycle });
  const endpoints = await startEndpoints(deps, { labels, lifecycle });
  const removal = createRemoval({ sql, search: tracking.search, clock });
  const isBlobNeeded = async (sha256: string) =>
    (await registry.isReferenced(sha256)) || artifacts.isReferenced(sha256);
  const monitoring = openMonitoring({ ...deps, ...record, endpoints, outbox, sealer, isBlobNeeded, config, lifecycle });
  const { references } = monitoring;
  const known = { ...deps, predictionLake, labels, endpoints, monitoring, config, lifecycle };
  const { otherReaders, ...releases } = await openReleases({ ...known, user, url: given.url, files, door });
  const collectGarbage = createGc({
    ...deps,
    artifacts,
    blobUsers: [references, releases.gates.files],
    removal,
    maintenance,
  });
  const onErased = references.forgetPredictions;
  return {
    ...(await startKeeping({ ...given, ...record, maintenance, operations, otherReaders, onErased })),
    ...releases,
    ...known,
    findLineage: createLineage({ registry, tracking }),
    webhooks,
    tracking,
    artifacts,
    removal,
    maintenance,
    backups,
    mlflowImports: createMlflowImports({ sql, clock }),
    importPredictions: createImportPredictions({ ...deps, endpoints, predictionLake, labels }),
    replay: createReplay({ ...deps, snapshot: endpoints.snapshot }),
    collectGarbage,
    environmentCare: createEnvironmentCare({ ...deps, environments }),
  };
}

interface BackupGiven extends Omit<BackupsDeps, "mark"> {
  readonly predictions: PredictionLog;
  readonly lifecycle: Lifecycle;
}

function openBackups({ predictions, lifecycle, ...deps }: BackupGiven): Backups {
  const mark = async () => {
    const known = await predictions.feed.instances();
    return createLogMark(await predictions.growing(), known);
  };
  const backups = createBackups({ ...deps, mark });
  lifecycle.onStop("backups", () => backups.close());
  return backups;
}

/** Operations end before the endpoints that they are about. */
async function startEndpoints(
  deps: EndpointsDeps,
  { labels, lifecycle }: { readonly labels: Labels; readonly lifecycle: Lifecycle },
): Promise<Endpoints> {
  const endpoints = createEndpoints(deps);
  lifecycle.onStop("operations", () => deps.operations.drain(5_000), 6_000);
  lifecycle.onStop("endpoints", () => endpoints.stop());
  await endpoints.start();
  labels.pulls.start(() => listPulls(endpoints));
  lifecycle.onStop("labels", () => labels.pulls.stop());
  return endpoints;
}

/** Endpoints that pull labels, whether or not they have traffic now: the truth about old predictions still comes. */
function listPulls(endpoints: Endpoints) {
  const routes = [...endpoints.snapshot().routes.values()];
  return routes.flatMap(({ endpoint, spec: { labels } }) =>
    labels.sql === null ? [] : [{ endpoint, settings: labels.sql }],
  );
}
