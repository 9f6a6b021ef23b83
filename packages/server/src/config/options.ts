import type { Sources } from "../platform/lake/sources/source.ts";

/** The one declared table of the server's options: help, checks and documentation come from it. */
export interface OptionSpec {
  readonly type: "string" | "integer" | "bytes" | "duration" | "boolean" | "choice" | "port";
  readonly default: string | number | boolean | null;
  readonly env?: string;
  /** What a flag without a value means. */
  readonly bare?: string;
  readonly help: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
}

const MiB = 1024 * 1024;

export const options = {
  data: {
    type: "string",
    default: "slipway-data",
    env: "SLIPWAY_DATA",
    help: "Folder for models, endpoints and predictions",
  },
  host: { type: "string", default: "127.0.0.1", help: "Address to listen on; one that is not loopback needs a token" },
  port: { type: "integer", default: 8080, min: 0, max: 65535, help: "Port for HTTP; 0 picks a free one" },
  http_workers: {
    type: "integer",
    default: 1,
    min: 1,
    max: 64,
    help: "Processes that answer predictions over HTTP, for machines with many cores; more than 1 needs Linux",
  },
  grpc_port: {
    type: "port",
    default: null,
    min: 0,
    max: 65535,
    help: "Port for gRPC; 0 picks a free one, `off` is none. By default 8081 where it is free, and a free one with `port: 0`",
  },
  base_path: { type: "string", default: "", help: "Path prefix when a proxy serves Slipway below one, such as /ml" },
  default_endpoint: {
    type: "string",
    default: null,
    help: "Endpoint that /invocations and /ping at the root mean; by default the only one there is",
  },
  tls_cert: { type: "string", default: null, help: "File with the TLS certificate chain (PEM)" },
  tls_key: { type: "string", default: null, help: "File with the TLS private key (PEM)" },
  token: { type: "string", default: null, env: "SLIPWAY_TOKEN", help: "The first admin token" },
  log_level: {
    type: "choice",
    default: "info",
    choices: ["debug", "info", "warn", "error", "silent"],
    help: "How much the server says on stderr",
  },
  body_limit: {
    type: "bytes",
    default: 64 * MiB,
    min: 1024,
    max: 1024 * MiB,
    help: "Largest body of a predict or control request, also once it is inflated",
  },
  blob_limit: { type: "bytes", default: 64 * 1024 * MiB, min: 1024, help: "Largest uploaded file" },
  request_timeout: {
    type: "duration",
    default: 30_000,
    min: 100,
    help: "Longest time a client may take to send a request",
  },
  idle_timeout: {
    type: "duration",
    default: 72_000,
    min: 1000,
    help: "Idle time after which a kept-alive connection is closed",
  },
  drain_timeout: { type: "duration", default: 10_000, min: 0, help: "How long SIGTERM waits for requests under way" },
  probe_timeout: {
    type: "duration",
    default: 60_000,
    min: 1000,
    help: "Longest time to open and measure a model at deploy",
  },
  probe_memory: {
    type: "bytes",
    default: 4096 * MiB,
    min: 64 * MiB,
    help: "Most memory to open and measure a model at deploy",
  },
  load_timeout: {
    type: "duration",
    default: 120_000,
    min: 1000,
    help: "Longest time to open a version, warm it up and have it answer its examples",
  },
  log_segment: {
    type: "bytes",
    default: 64 * MiB,
    min: 64 * 1024,
    max: 1024 * MiB,
    help: "Size of one file of the prediction log",
  },
  log_reserve: {
    type: "bytes",
    default: 1024 * MiB,
    min: 0,
    help: "Free disk space below which the prediction log stops",
  },
  log_retention: {
    type: "duration",
    default: null,
    min: 1000,
    help: "Age at which predictions leave the prediction log, in whole files; without it they stay",
  },
  log_retention_size: {
    type: "bytes",
    default: null,
    min: 0,
    help: "Size of the prediction log over which its oldest files go",
  },
  lake_interval: {
    type: "duration",
    default: 60_000,
    min: 0,
    help: "How often new predictions are brought into Parquet files; 0: only when a query asks",
  },
  lake_memory: {
    type: "bytes",
    default: 512 * MiB,
    min: 256 * MiB,
    help: "Most memory of each process that writes or queries Parquet files",
  },
  lake_retention: {
    type: "duration",
    default: null,
    min: 1000,
    help: "Age at which predictions and labels leave the Parquet files; without it they stay",
  },
  lake_retention_size: {
    type: "bytes",
    default: null,
    min: 0,
    help: "Size of all Parquet files over which the oldest go",
  },
  profile_retention: {
    type: "duration",
    default: 90 * 86_400_000,
    min: 86_400_000,
    help: "How long profiles of the traffic stay after they were written to last; its counts by minute stay 35 days at most",
  },
  lake_export: {
    type: "string",
    default: null,
    help: "Folder that gets a copy of each new Parquet file of predictions",
  },
  batch_rows: { type: "integer", default: 1024, min: 1, max: 65536, help: "Most rows of one run of a model" },
  model_user: {
    type: "string",
    default: null,
    help: "Whom model processes run as, a uid or uid:gid; needs a server that runs as root, of whose files they then read nothing but the models'",
  },
  envs: {
    type: "string",
    default: null,
    env: "SLIPWAY_ENVS",
    help: "Folder for Python environments, which several servers may share; by default `envs` in the data folder",
  },
  index_url: {
    type: "string",
    default: null,
    env: "SLIPWAY_INDEX_URL",
    help: "Index of Python packages in place of PyPI; it may hold credentials, which are shown nowhere",
  },
  extra_index_url: {
    type: "string",
    default: null,
    env: "SLIPWAY_EXTRA_INDEX_URL",
    help: "Further indexes of Python packages, separated by spaces; what one of them has is taken from there",
  },
  find_links: {
    type: "string",
    default: null,
    env: "SLIPWAY_FIND_LINKS",
    help: "Folder with wheels of Python packages, or the address of a page with links to wheels",
  },
  no_index: {
    type: "boolean",
    default: false,
    env: "SLIPWAY_NO_INDEX",
    help: "Take Python packages from `find_links` and what was fetched before, and from no index",
  },
  proxy: {
    type: "string",
    default: null,
    env: "SLIPWAY_PROXY",
    help: "Proxy to fetch Python packages through; without it HTTPS_PROXY and NO_PROXY of the environment hold",
  },
  ca_file: {
    type: "string",
    default: null,
    env: "SLIPWAY_CA_FILE",
    help: "File with the certificates (PEM) of authorities that package indexes and proxies are trusted by, in place of the system's",
  },
  python_mirror: {
    type: "string",
    default: null,
    env: "SLIPWAY_PYTHON_MIRROR",
    help: "Where Pythons that this machine does not have are fetched, in place of the releases of python-build-standalone on GitHub",
  },
  webhook_private: {
    type: "boolean",
    default: false,
    help: "Webhooks and channels may go to addresses of this machine and of private networks, and to http:// ones",
  },
  sealing_key: {
    type: "string",
    default: null,
    env: "SLIPWAY_SEALING_KEY",
    help: "What secrets that must be read again, such as those of webhooks, are sealed with; without it a key is made in the data folder",
  },
  mlflow_ui: {
    type: "string",
    default: null,
    bare: "auto",
    help: "Serve the web UI of an installed mlflow package at /mlflow/: the folder of the package, or `auto` to find it through the Python of VIRTUAL_ENV or on PATH",
  },
  otlp_endpoint: {
    type: "string",
    default: null,
    env: "OTEL_EXPORTER_OTLP_ENDPOINT",
    help: "OpenTelemetry collector (OTLP over HTTP) that gets traces",
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof options;

type ValueOf<T extends OptionSpec> = T["type"] extends "port"
  ? number | "off" | null
  : T["type"] extends "integer" | "bytes" | "duration"
    ? T["default"] extends null
      ? number | null
      : number
    : T["type"] extends "boolean"
      ? boolean
      : T["default"] extends null
        ? string | null
        : string;

type CamelCase<T extends string> = T extends `${infer A}_${infer B}` ? `${A}${Capitalize<CamelCase<B>>}` : T;

/** Bytes are bytes, durations are milliseconds. */
export type Config = { readonly [K in OptionName as CamelCase<K>]: ValueOf<(typeof options)[K]> } & {
  /** Databases that `labels.sql` of an endpoint may name. */
  readonly sources: Sources;
};
