import { parseDuration, parseSize, type Manifest, type ManifestRollout } from "@slipway/contract";
import type { Device, Placement } from "@slipway/runtime";
import type { BatchingSettings, LoadSettings, RecycleSettings } from "../serving/index.ts";

/** What an endpoint sends its traffic to. `follows`: the alias that chose the version and goes on choosing it. */
export interface Target {
  readonly model: string;
  readonly version: number;
  readonly follows: string | null;
}

export type Fallback = { readonly alias: string } | { readonly value: Readonly<Record<string, unknown>> };

export interface ServeSettings {
  readonly replicas: number;
  readonly timeoutMs: number;
  readonly fallback: Fallback | null;
  /** The most that a version's process may have taken when it was looked at, and that a model process may take. Left out: no bound. */
  readonly memoryBytes?: number;
  /** How long ago a version may have been trained. Left out: no bound. */
  readonly maxTrainingAgeMs?: number;
  /** Where the version runs, whatever the probe thinks best. Left out: the version's own placement. */
  readonly placement?: Placement;
  /** Of one run inside of the runtime. Left out: 1. */
  readonly threads?: number;
  /** Left out: the CPU. */
  readonly device?: Device;
  /** When model processes are replaced by fresh ones. Left out: never. */
  readonly recycle?: RecycleSettings;
  /** Left out: what the batcher learns. Null: each request runs by itself. */
  readonly batching?: BatchingSettings | null;
}

export interface LogSettings {
  readonly durability: "process" | "disk";
  /** What happens while the log cannot be written: answer anyway, marked, or refuse. */
  readonly onFull: "serve" | "refuse";
  /** The record field that holds the caller's own key. */
  readonly key: string | null;
  /** Record fields that are no inputs and are kept. */
  readonly fields: readonly string[];
  /** Inputs and fields whose values never reach the disk. */
  readonly redact: readonly string[];
}

/** Where labels are pulled from; null: nowhere. */
export interface LabelSettings {
  readonly sql: { readonly source: string; readonly query: string; readonly everyMs: number } | null;
}

/** A version beside the target, with its part of the traffic. */
export interface Arm {
  /** `challenger`; the target is `champion`. */
  readonly name: string;
  readonly version: number;
  /** The first of its buckets, of 10,000: it grows from there, so that more traffic never moves a unit between arms. */
  readonly from: number;
  /** How many buckets, which is ten-thousandths of the traffic; 0: only what a rule sends. */
  readonly share: number;
}

/** Who has one of the values is sent to the arm, whatever the buckets say. One of header and field is null. */
export interface TrafficRule {
  readonly name: string;
  readonly header: string | null;
  readonly field: string | null;
  readonly values: readonly string[];
  readonly arm: string;
}

/** A version that answers a sample of the requests once more, for nobody. */
export interface Shadow {
  readonly version: number;
  /** Ten-thousandths of the requests. */
  readonly share: number;
}

/** How the traffic is divided; the target (the arm `champion`) has what the arms leave. All are versions of its model. */
export interface TrafficSettings {
  /** What stays with one arm: a record field, or `header:NAME`; null: each request by itself. */
  readonly unit: string | null;
  /** Of the hash of units. */
  readonly seed: string;
  readonly arms: readonly Arm[];
  readonly rules: readonly TrafficRule[];
  readonly shadows: readonly Shadow[];
  /** Record fields that decided once, by which nothing is divided any more: callers go on sending them. Left out: none. */
  readonly fields?: readonly string[];
}

export const champion = "champion";
/** The target's version again, in an arm as large as the challenger's that is compared with it. */
export const control = "control";

/** All traffic is the target's. */
export const undivided: TrafficSettings = { unit: null, seed: "", arms: [], rules: [], shadows: [] };

/** All of an endpoint that can change; each change is a revision. JSON-safe. */
export interface EndpointSpec {
  readonly target: Target | null;
  readonly serve: ServeSettings;
  readonly log: LogSettings;
  readonly labels: LabelSettings;
  /** As in `slipway.yaml`: `monitoring` fills in what is left out, which is all of it in `{}`. */
  readonly monitor: MonitorSection;
  readonly traffic: TrafficSettings;
  /** The kill switch: no version answers, only the fallback, or nothing does. Null: it is not stopped. */
  readonly stop: "fallback" | "refuse" | null;
  /** As in `slipway.yaml`: `rollouts` fills in what is left out. Null: a new version takes all traffic at once. */
  readonly rollout: ManifestRollout | null;
  readonly owner: unknown;
}

export type MonitorSection = NonNullable<Manifest["monitor"]>;

export type Action =
  | "deploy"
  | "promote"
  | "alias"
  | "rollback"
  | "undeploy"
  | "apply"
  | "import"
  | "traffic"
  | "rollout"
  | "stop";

export interface Endpoint {
  readonly name: string;
  readonly revision: number;
  readonly spec: EndpointSpec;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface EndpointRevision {
  readonly endpoint: string;
  readonly revision: number;
  readonly action: Action;
  readonly spec: EndpointSpec;
  readonly changes: readonly Change[];
  /** The revision whose state this one has: itself, or what a rollback went back to. */
  readonly restores: number;
  readonly author: string | null;
  readonly message: string | null;
  readonly createdAt: number;
}

export interface Change {
  readonly path: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

export const emptySpec: EndpointSpec = {
  target: null,
  serve: { replicas: 1, timeoutMs: 30_000, fallback: null },
  log: { durability: "process", onFull: "serve", key: null, fields: [], redact: [] },
  labels: { sql: null },
  monitor: {},
  traffic: undivided,
  stop: null,
  rollout: null,
  owner: null,
};

/** A run that takes longer than its callers wait is ended; a busy machine is to be no reason for it. */
const leastRunLimitMs = 5000;
/** The callers are told first. */
const graceMs = 1000;

export function toLoadSettings(serve: ServeSettings): LoadSettings {
  const { replicas, timeoutMs, placement, threads, device, memoryBytes, recycle, batching } = serve;
  return {
    replicas,
    runLimitMs: Math.max(leastRunLimitMs, timeoutMs + graceMs),
    ...(placement && { placement }),
    ...(threads !== undefined && { threads }),
    ...(device && { device }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(recycle && { recycle }),
    ...(batching !== undefined && { batching }),
  };
}

/** How the `serve` section of a manifest alone has a version loaded. */
export function toManifestSettings(manifest: Manifest | null): LoadSettings {
  return toLoadSettings(withManifest(emptySpec, manifest, parseDuration).serve);
}

/** What differs between two JSON values, leaf by leaf; lists count as leaves. Absent sides are left out. */
export function diffJson(from: unknown, to: unknown, path = ""): Change[] {
  if (isObject(from) && isObject(to)) {
    const keys = new Set([...Object.keys(from), ...Object.keys(to)]);
    return [...keys].toSorted().flatMap((key) => diffJson(from[key], to[key], path === "" ? key : `${path}.${key}`));
  }
  if (JSON.stringify(from) === JSON.stringify(to)) return [];
  return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The mutable half of a manifest, which is one, too. */
export type EndpointSettings = Omit<Manifest, "model">;

/** The mutable half of a manifest over what an endpoint has: a section that is absent stays as it is. */
export function withManifest(
  spec: EndpointSpec,
  manifest: EndpointSettings | null,
  toMs: (text: string) => number,
): EndpointSpec {
  if (!manifest) return spec;
  const { serve, log, labels, monitor, rollout, owner } = manifest;
  return {
    target: spec.target,
    owner: owner ?? spec.owner,
    serve: serve
      ? {
          replicas: serve.replicas ?? emptySpec.serve.replicas,
          timeoutMs: serve.timeout === undefined ? emptySpec.serve.timeoutMs : toMs(serve.timeout),
          fallback: toFallback(serve.fallback),
          ...(serve.memory === undefined ? {} : { memoryBytes: parseSize(serve.memory) }),
          ...(serve.max_training_age === undefined ? {} : { maxTrainingAgeMs: toMs(serve.max_training_age) }),
          ...(serve.placement === undefined || serve.placement === "auto" ? {} : { placement: serve.placement }),
          ...(serve.threads === undefined ? {} : { threads: serve.threads }),
          ...(serve.device === undefined || serve.device === "cpu" ? {} : { device: serve.device }),
          ...(serve.recycle === undefined ? {} : { recycle: toRecycle(serve.recycle, toMs) }),
          ...(serve.batching === undefined ? {} : { batching: toBatching(serve.batching, toMs) }),
        }
      : spec.serve,
    log: log
      ? {
          durability: log.durability ?? "process",
          onFull: log.on_full ?? "serve",
          key: log.key ?? null,
          fields: log.fields ?? [],
          redact: log.redact ?? [],
        }
      : spec.log,
    labels: labels ? { sql: toLabelsSql(labels.sql, toMs) } : spec.labels,
    monitor: monitor ?? spec.monitor,
    traffic: spec.traffic,
    stop: spec.stop,
    rollout: rollout === undefined ? spec.rollout : rollout === "none" ? null : rollout,
  };
}

function toRecycle(
  { requests, after }: NonNullable<NonNullable<Manifest["serve"]>["recycle"]>,
  toMs: (text: string) => number,
): RecycleSettings {
  return { ...(requests !== undefined && { requests }), ...(after !== undefined && { afterMs: toMs(after) }) };
}

function toBatching(
  batching: NonNullable<NonNullable<Manifest["serve"]>["batching"]>,
  toMs: (text: string) => number,
): BatchingSettings | null {
  if (batching === "off") return null;
  const { max_rows: maxRows, max_delay: maxDelay, max_queue: maxQueue } = batching;
  return {
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(maxDelay === undefined || maxDelay === "0" ? {} : { maxDelayMs: toMs(maxDelay) }),
    ...(maxQueue === undefined ? {} : { maxQueue }),
  };
}

const hourMs = 3_600_000;

function toLabelsSql(
  sql: NonNullable<Manifest["labels"]>["sql"],
  toMs: (text: string) => number,
): LabelSettings["sql"] {
  if (sql === undefined || sql === "none") return null;
  const { source, query, every } = sql;
  return { source, query, everyMs: every === undefined ? hourMs : toMs(every) };
}

function toFallback(fallback: string | Readonly<Record<string, unknown>> | undefined): Fallback | null {
  if (fallback === undefined || fallback === "none") return null;
  return typeof fallback === "string" ? { alias: fallback } : { value: fallback };
}
