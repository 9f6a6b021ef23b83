import { SlipwayError } from "@slipway/contract/errors";

const handedOn = [
  "PATH",
  "HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "LANG",
  "LC_ALL",
  "TZ",
  "LD_LIBRARY_PATH",
  "SystemRoot",
  "NODE_COMPILE_CACHE",
  "MALLOC_ARENA_MAX",
  "MALLOC_MMAP_THRESHOLD_",
  "CUDA_VISIBLE_DEVICES",
  "CUDA_PATH",
];

/** What a child process needs of the environment: no tokens, no addresses of databases, no options of this process. */
export function minimalEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    handedOn.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/**
 * Of these, a program that others wrote finds nothing: they say where this server's own files are. The threshold of malloc is for what Node unloads;
 * frameworks that take and free large arrays all the time would ask the system for each.
 */
const notForModels = new Set(["HOME", "TMPDIR", "TMP", "TEMP", "NODE_COMPILE_CACHE", "MALLOC_MMAP_THRESHOLD_"]);

/** Names of the server's environment variables whose values are for models that ask for them. */
const secretPrefix = "SLIPWAY_SECRET_";

export interface ModelNeeds {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/**
 * What a model's program finds in its environment: what was declared for it and the secrets that it names. A home of its own and
 * how many threads it may use come from the runtime that starts it. @throws SlipwayError `precondition_failed` where this server has no such secret
 */
export function toModelEnvironment({ variables, secrets }: ModelNeeds): Readonly<Record<string, string>> {
  const missing = secrets.filter((name) => process.env[secretPrefix + name] === undefined);
  if (missing.length > 0) throw missingSecrets(missing);
  const base = Object.entries(minimalEnvironment()).filter(([name]) => !notForModels.has(name));
  return {
    ...(Object.fromEntries(base) as Record<string, string>),
    ...variables,
    ...Object.fromEntries(secrets.map((name) => [name, process.env[secretPrefix + name]!])),
  };
}

/** The value of a secret, for what is not a program: a header. @throws SlipwayError `precondition_failed` */
export function requireSecret(name: string): string {
  const value = process.env[secretPrefix + name];
  if (value === undefined) throw missingSecrets([name]);
  return value;
}

function missingSecrets(names: readonly string[]): SlipwayError {
  const variables = names.map((name) => secretPrefix + name).join(" and ");
  return new SlipwayError(
    "precondition_failed",
    `The model needs the secret${names.length > 1 ? "s" : ""} ${names.join(" and ")}, which this server does not have. Start it with ${variables} in its environment.`,
    { secrets: names },
  );
}

/** How this machine reaches others, as curl and OpenSSL take it from the environment. */
const network = [
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
];
const certificates = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/** What a child process needs that fetches from other machines. Addresses of proxies may hold credentials. */
export function networkEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    [...network, ...certificates].flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
}
