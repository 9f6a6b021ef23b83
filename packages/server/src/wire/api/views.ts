import { availableParallelism } from "node:os";
import type * as wire from "@slipway/contract";
import {
  champion,
  dropReasons,
  listFieldNotes,
  toGated,
  toWarnings,
  type Endpoint,
  type EndpointRevision,
  type EndpointSpec,
  type Route,
  type RoutingSnapshot,
  type Shadow,
  type ShadowState,
} from "../../endpoints/index.ts";
import type { Operation } from "../../platform/queue/index.ts";
import type { ModelVersion, RegisteredModel } from "../../registry/index.ts";
import type { Page } from "../../kernel/page.ts";
import { toChangeView } from "./change-view.ts";

const cores = availableParallelism();

export const toTimestamp = (ms: number): string => new Date(ms).toISOString();

export function toPageView<T, V>(page: Page<T>, view: (item: T) => V): { items: V[]; next: string | null } {
  return { items: page.items.map(view), next: page.next };
}

export function toModelView(model: RegisteredModel): wire.Model {
  return {
    name: model.name,
    description: model.description,
    versions: model.versions,
    latest: model.latest,
    aliases: { ...model.aliases },
    created_at: toTimestamp(model.createdAt),
  };
}

export function toVersionView(version: ModelVersion, aliases: readonly string[]): wire.ModelVersion {
  const { inputs, outputs, packed, batched } = version.signature;
  return {
    model: version.model,
    version: version.version,
    state: version.state,
    digest: version.digest,
    flavor: version.flavor,
    platform: version.platform,
    placement: version.placement,
    signature: {
      inputs: inputs.map((input) => ({
        name: input.name,
        datatype: input.datatype,
        shape: [...input.shape],
        nullable: input.nullable,
        ...(input.categories ? { categories: [...input.categories] } : {}),
        ...(input.format ? { format: input.format } : {}),
        ...(input.range ? { range: [input.range[0], input.range[1]] as [number, number] } : {}),
      })),
      outputs: outputs.map((output) => ({
        name: output.name,
        datatype: output.datatype,
        shape: [...output.shape],
        ...(output.classes ? { classes: [...output.classes] } : {}),
      })),
      packed,
      batched,
    },
    files: version.files.map((file) => ({ ...file })),
    aliases: [...aliases],
    owner: version.owner,
    manifest: version.modelSection,
    program: version.program as unknown as wire.ModelVersion["program"],
    report: version.report,
    author: version.author,
    message: version.message,
    description: version.description,
    stage: version.stage,
    source: version.origin.source,
    run_id: version.origin.runId || null,
    logged_model_id: version.origin.loggedModelId || null,
    created_at: toTimestamp(version.createdAt),
    updated_at: toTimestamp(version.updatedAt),
  };
}

/** `behind`: why the endpoint does not serve what the alias that it follows means; null where it does. */
export function toEndpointView(
  endpoint: Endpoint,
  snapshot: RoutingSnapshot,
  { now, behind }: { readonly now: number; readonly behind: string | null },
): wire.Endpoint {
  const route = snapshot.routes.get(endpoint.name);
  const loaded = route?.loaded ?? null;
  const serving = loaded && { ...loaded.replicas, version: toGated(loaded.version), placement: loaded.placement };
  const { target, serve, log, labels, monitor, traffic, rollout, owner } = endpoint.spec;
  const stopped = target !== null && endpoint.spec.stop !== null;
  const state = stopped
    ? "stopped"
    : !target
      ? "empty"
      : !route || route.loading
        ? "loading"
        : route.loaded
          ? "ready"
          : "failed";
  return {
    name: endpoint.name,
    target: target ? { ...target } : null,
    serve: {
      replicas: serve.replicas,
      timeout_ms: serve.timeoutMs,
      fallback: serve.fallback && ("alias" in serve.fallback ? serve.fallback : { value: { ...serve.fallback.value } }),
      memory_bytes: serve.memoryBytes ?? null,
      max_training_age_ms: serve.maxTrainingAgeMs ?? null,
      placement: serve.placement ?? null,
      threads: serve.threads ?? null,
      device: serve.device ?? "cpu",
      recycle: serve.recycle
        ? { requests: serve.recycle.requests ?? null, after_ms: serve.recycle.afterMs ?? null }
        : null,
      batching: toBatchingView(serve.batching),
    },
    log: {
      durability: log.durability,
      on_full: log.onFull,
      key: log.key,
      fields: [...log.fields],
      redact: [...log.redact],
    },
    labels: {
      sql: labels.sql && { source: labels.sql.source, query: labels.sql.query, every_ms: labels.sql.everyMs },
    },
    monitor,
    traffic: structuredClone(traffic) as wire.TrafficSettings,
    stop: endpoint.spec.stop,
    rollout,
    revision: endpoint.revision,
    state,
    state_message: route?.failure ?? null,
    warnings: [
      ...(behind === null ? [] : [behind]),
      ...(route?.missing ?? []).map(toMissingText),
      ...toWarnings(endpoint.spec, serving, { now, cores }),
    ],
    placement: route?.loaded?.placement ?? null,
    owner: owner ?? null,
    created_at: toTimestamp(endpoint.createdAt),
    updated_at: toTimestamp(endpoint.updatedAt),
  };
}

function toMissingText({ name, version, failure }: Route["missing"][number]): string {
  return `The arm ${name} (version ${version}) does not serve, and the champion has its traffic. ${failure}`;
}

/** The champion first, with what the arms leave. */
export function toTrafficView(
  { name, revision, spec }: Endpoint,
  snapshot: RoutingSnapshot,
  running: readonly ShadowState[],
): wire.TrafficView {
  const { target, traffic, stop } = spec;
  const { unit, seed, arms, rules, fields = [] } = structuredClone(traffic) as wire.TrafficSettings;
  const shadows = traffic.shadows.map((shadow) =>
    toShadowView(
      shadow,
      running.find(({ version }) => version === shadow.version),
      stop !== null,
    ),
  );
  const route = snapshot.routes.get(name);
  const stateOf = (arm: string): Pick<wire.TrafficView["arms"][number], "state" | "message"> => {
    if (stop !== null) return { state: "stopped", message: null };
    const missing = route?.missing.find((each) => each.name === arm)?.failure;
    const message = route?.loaded ? (missing ?? null) : (route?.failure ?? "It is not loaded.");
    return { state: message === null ? "ready" : "failed", message };
  };
  const left = arms.reduce((rest, arm) => rest - arm.share, 10_000);
  const served = target ? [{ name: champion, version: target.version, from: null, share: left }] : [];
  const all = [...served, ...arms].map((arm) => ({ ...arm, ...stateOf(arm.name) }));
  const isDivided = arms.length + rules.length > 0;
  const notes = isDivided && route?.loaded ? listFieldNotes(spec, route.loaded.signature, traffic) : [];
  return { endpoint: name, revision, stop, unit, seed, arms: all, rules, shadows, fields, notes };
}

const nothingDropped = Object.fromEntries(dropReasons.map((reason) => [reason, 0]));

function toShadowView({ version, share }: Shadow, running: ShadowState | undefined, isStopped: boolean) {
  const { state = isStopped ? "stopped" : "loading", failure = null, waitingRows = 0, counts } = running ?? {};
  const outcomes = counts?.outcomes ?? new Map<string, number>();
  const all = [...outcomes.values()].reduce((sum, each) => sum + each, 0);
  const answered = outcomes.get("ok") ?? 0;
  return {
    version,
    share,
    state,
    message: failure,
    waiting_rows: waitingRows,
    sampled: counts?.sampled ?? 0,
    answered,
    failed: all - answered,
    dropped: { ...nothingDropped, ...counts?.dropped } as wire.ShadowView["dropped"],
  } satisfies wire.ShadowView;
}

function toBatchingView(batching: EndpointSpec["serve"]["batching"]): wire.ServeSettings["batching"] {
  if (batching === null) return null;
  const { maxRows, maxDelayMs, maxQueue } = batching ?? {};
  return { max_rows: maxRows ?? null, max_delay_ms: maxDelayMs ?? 0, max_queue: maxQueue ?? null };
}

export function toRevisionView(revision: EndpointRevision): wire.Revision {
  return {
    endpoint: revision.endpoint,
    revision: revision.revision,
    action: revision.action,
    changes: revision.changes.map(toChangeView),
    author: revision.author,
    message: revision.message,
    created_at: toTimestamp(revision.createdAt),
  };
}

export function toOperationView(operation: Operation): wire.Operation {
  return {
    id: operation.id,
    kind: operation.kind,
    subject: operation.subject,
    state: operation.state,
    stage: operation.stage,
    message: operation.message,
    fraction: operation.fraction,
    result: operation.result as Record<string, unknown> | null,
    error: operation.error && { ...operation.error, details: { ...operation.error.details } },
    log: operation.log.map((entry) => ({ ...entry, at: toTimestamp(entry.at) })),
    created_at: toTimestamp(operation.createdAt),
    updated_at: toTimestamp(operation.updatedAt),
    finished_at: operation.finishedAt === null ? null : toTimestamp(operation.finishedAt),
  };
}
