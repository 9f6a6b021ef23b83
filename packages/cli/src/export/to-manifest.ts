import type { Endpoint, ModelVersion } from "@slipway/contract";

type Json = Record<string, unknown>;
type Named = { readonly name: string } & Json;

/**
 * A slipway.yaml as data, from which a deploy makes the same version again: the version's own section, and how the endpoint of
 * that name serves and records, every setting in full.
 */
export function toManifest(version: ModelVersion, endpoint: Endpoint | null): Json {
  const owner = endpoint?.owner ?? version.owner;
  return {
    slipway: 1,
    name: version.model,
    ...(isObject(owner) ? { owner } : {}),
    model: toModel(version),
    ...(endpoint === null ? {} : toSettings(endpoint)),
  };
}

/** The stored section has lists where slipway.yaml has maps; everything else in it stands as it was written. */
function toModel({ manifest, signature, files }: ModelVersion): Json {
  const section: Json = isObject(manifest) ? manifest : { path: files[0]?.path };
  const { path, inputs, outputs, ...others } = section;
  const order = (specs: readonly { readonly name: string }[]) => specs.map((spec) => spec.name);
  return {
    path,
    ...(Array.isArray(inputs) ? { inputs: toMap(inputs as Named[], order(signature.inputs)) } : {}),
    ...(Array.isArray(outputs) ? { outputs: toMap(outputs as Named[], order(signature.outputs)) } : {}),
    ...others,
  };
}

/** In the order of the signature, which for the columns of a matrix is their meaning. */
function toMap(list: readonly Named[], order: readonly string[]): Json {
  const sorted = list.toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  return Object.fromEntries(
    sorted.map(({ name, ...rest }) => [name, Object.keys(rest).join() === "type" ? rest["type"] : rest]),
  );
}

/** A setting that the server has and that is not turned into one of slipway.yaml does not compile. */
type Turned<T> = { readonly [K in keyof T]-?: (value: T[K]) => Json };

const serve: Turned<Endpoint["serve"]> = {
  replicas: (replicas) => ({ replicas }),
  timeout_ms: (ms) => ({ timeout: toDuration(ms) }),
  fallback: (fallback) => ({
    fallback: fallback === null ? "none" : "alias" in fallback ? fallback.alias : fallback.value,
  }),
  memory_bytes: (bytes) => (bytes === null ? {} : { memory: toSize(bytes) }),
  max_training_age_ms: (ms) => (ms === null ? {} : { max_training_age: toDuration(ms) }),
  placement: (placement) => (placement === null ? {} : { placement }),
  threads: (threads) => (threads === null ? {} : { threads }),
  device: (device) => (device === "cpu" ? {} : { device }),
  recycle: (recycle) => toRecycle(recycle),
  batching: (batching) => toBatching(batching),
};

function toRecycle(recycle: Endpoint["serve"]["recycle"]): Json {
  if (recycle === null) return {};
  const { requests, after_ms: ms } = recycle;
  return { recycle: { ...(requests === null ? {} : { requests }), ...(ms === null ? {} : { after: toDuration(ms) }) } };
}

function toBatching(batching: Endpoint["serve"]["batching"]): Json {
  if (batching === null) return { batching: "off" };
  const { max_rows, max_delay_ms: ms, max_queue } = batching;
  const delay = ms === 0 ? {} : { max_delay: toDuration(ms) };
  const limits = { ...(max_rows === null ? {} : { max_rows }), ...delay, ...(max_queue === null ? {} : { max_queue }) };
  return Object.keys(limits).length === 0 ? {} : { batching: limits };
}

const log: Turned<Endpoint["log"]> = {
  durability: (durability) => ({ durability }),
  on_full: (on_full) => ({ on_full }),
  key: (key) => (key === null ? {} : { key }),
  fields: (fields) => ({ fields }),
  redact: (redact) => ({ redact }),
};

/** A source of labels goes by its name; its address and password are the server's own. */
const labels: Turned<Endpoint["labels"]> = {
  sql: (sql) => ({
    sql: sql === null ? "none" : { source: sql.source, query: sql.query, every: toDuration(sql.every_ms) },
  }),
};

function toSettings(endpoint: Endpoint): Json {
  const { target } = endpoint;
  return {
    serve: { ...turn(endpoint.serve, serve), ...(target === null ? {} : { follow: target.follows ?? "none" }) },
    log: turn(endpoint.log, log),
    labels: turn(endpoint.labels, labels),
    ...(endpoint.monitor === "off" || Object.keys(endpoint.monitor).length > 0 ? { monitor: endpoint.monitor } : {}),
  };
}

function turn<T extends object>(settings: T, turned: Turned<T>): Json {
  const parts = (Object.keys(turned) as (keyof T)[]).map((key) => turned[key](settings[key]));
  return Object.assign({}, ...parts) as Json;
}

const units = [
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
] as const;

/** 30000 -> "30s", 1500 -> "1500ms". */
export function toDuration(ms: number): string {
  const unit = ms === 0 ? undefined : units.find(([, size]) => ms % size === 0);
  return unit === undefined ? `${ms}ms` : `${ms / unit[1]}${unit[0]}`;
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** 536870912 -> "512MiB"; the same number of bytes again when it is read. */
function toSize(bytes: number): string {
  if (bytes % 2 ** 20 === 0) return `${bytes / 2 ** 20}MiB`;
  return bytes % 2 ** 10 === 0 ? `${bytes / 2 ** 10}KiB` : `${bytes / 1000}kB`;
}
