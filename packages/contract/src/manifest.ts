import { z } from "zod";
import { aliasPattern, namePattern } from "./address.ts";
import { parseDuration } from "./duration.ts";
import { SlipwayError } from "./errors.ts";
import { flavors } from "./flavors.ts";
import { monitorKeys, monitorSchema } from "./manifest-monitor.ts";
import { toProblems, type ManifestProblem } from "./manifest-problems.ts";
import { duration, text } from "./manifest-values.ts";
import { rolloutKeys, rolloutSchema } from "./manifest-rollout.ts";
import { sizePattern } from "./size.ts";

/** The names of element types in `slipway.yaml`. */
export const manifestTypes = [
  "string",
  "bool",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "float16",
  "float32",
  "float64",
  "datetime",
] as const;
export type ManifestType = (typeof manifestTypes)[number];

const typeName = z.enum(manifestTypes);

/** Names of the server's `sources`: also the end of SLIPWAY_SOURCE_NAME, in lower case. */
export const sourcePattern = /^[a-z][a-z0-9_]{0,62}$/;

/** Below the folder of slipway.yaml, with forward slashes. */
const relativePath = z
  .string()
  .max(1000)
  .regex(
    /^(?![/\\]|[A-Za-z]:)(?!(?:.*\/)?\.\.?(?:\/|$))[^\\\0]+$/,
    'must be a path below the folder of slipway.yaml, with "/" and without ".."',
  );

const range = z
  .tuple([z.number(), z.number()], { error: "must be two numbers, [lowest, highest]" })
  .refine(([low, high]) => low <= high, "the lowest value comes first: [lowest, highest]");

const inputObject = z
  .strictObject({
    type: typeName,
    range: range.optional(),
    nullable: z.boolean().optional(),
    shape: z.array(z.int().min(-1)).max(32).optional(),
    categories: z.array(text).min(1).max(100_000).optional(),
  })
  .refine((input) => input.nullable !== true || /^(?:float|string|datetime)/.test(input.type), {
    path: ["nullable"],
    error: "only floats, strings and datetimes can be nullable: write an integer that may be missing as float64",
  })
  .refine((input) => input.categories === undefined || input.type === "string", {
    path: ["categories"],
    error: "only strings have categories",
  })
  .refine((input) => input.range === undefined || !["string", "bool", "datetime"].includes(input.type), {
    path: ["range"],
    error: "only numbers have a range",
  });

const inputValue = z.union([typeName, inputObject], {
  error: `must be a type (${manifestTypes.join(", ")}) or {type, range, nullable, shape, categories}`,
});

const outputValue = z.strictObject({
  classes: z
    .array(text)
    .min(1)
    .max(100_000)
    .refine((classes) => new Set(classes).size === classes.length, "class names must differ")
    .optional(),
});

const fallbackElement = z.union([z.number(), z.string(), z.boolean()]);
const fallback = z.union(
  [
    z.string().regex(aliasPattern, "must be an alias such as champion, a map of outputs to values, or none"),
    z.record(z.string(), z.union([fallbackElement, z.array(fallbackElement).max(100_000)])),
  ],
  { error: "must be an alias such as champion, a map of outputs to values ({late: 0.2}), or none" },
);

const owner = z.strictObject({ team: text.optional(), contact: text.optional(), card: text.optional() });

const tolerance = z.number().min(0);

const examplesObject = z.strictObject({
  path: relativePath,
  absolute: tolerance.optional(),
  relative: tolerance.optional(),
});

const examples = z.union([relativePath, examplesObject], {
  error: "must be a path below the folder of slipway.yaml, or {path, absolute, relative}",
});

/** `2026-03-01` or `2026-03-01T12:00:00Z`, and nothing that no calendar has. */
const moment = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/, {
    error: "must be a date (2026-03-01) or a time with its zone (2026-03-01T12:00:00Z)",
  })
  .refine((date) => isCalendarDay(date) && !Number.isNaN(Date.parse(date)), "is no day of the calendar");

const training = z.strictObject({
  at: moment.optional(),
  data: text.optional(),
  commit: text.optional(),
  reference: relativePath.optional(),
  packages: z.record(text, text).optional(),
});

const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "use letters, digits and _");

const environment = z.strictObject({
  python: z
    .string()
    .regex(
      /^(?:[<>=!~]=?\s*)?\d+(?:\.\d+){0,2}(?:\s*,\s*[<>=!~]=?\s*\d+(?:\.\d+){0,2})*$/,
      "write a version such as 3.11 or >=3.10",
    )
    .optional(),
  requirements: z.union([relativePath, z.array(text).max(1000)]).optional(),
  variables: z.record(variableName, z.string().max(10_000)).optional(),
  secrets: z.array(variableName).max(100).optional(),
});

const model = z.strictObject({
  path: relativePath,
  flavor: z.enum(flavors).optional(),
  runtime: z.enum(["auto", "python", "onnx"]).optional(),
  environment: environment.optional(),
  command: z.array(text).min(1).max(100).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  inputs: z.record(text, inputValue).optional(),
  outputs: z.record(text, outputValue).optional(),
  examples: examples.optional(),
  training: training.optional(),
});

const batching = z.strictObject({
  max_rows: z.int().min(1).max(65_536).optional(),
  max_delay: z.union([duration, z.literal("0")]).optional(),
  max_queue: z.int().min(1).max(10_000_000).optional(),
});

const serve = z.strictObject({
  replicas: z.int().min(1).max(256).optional(),
  timeout: duration.optional(),
  fallback: fallback.optional(),
  follow: z.string().regex(aliasPattern, "must be an alias such as champion, or none").optional(),
  memory: z.string().regex(sizePattern, "write a number and a unit (KiB, MiB or GiB), such as 512MiB").optional(),
  max_training_age: duration.optional(),
  placement: z.enum(["auto", "thread", "worker", "process"]).optional(),
  threads: z.int().min(1).max(256).optional(),
  device: z.enum(["cpu", "cuda"]).optional(),
  recycle: z.strictObject({ requests: z.int().min(1).optional(), after: duration.optional() }).optional(),
  batching: z.union([batching, z.literal("off")]).optional(),
});

const log = z.strictObject({
  durability: z.enum(["process", "disk"]).optional(),
  key: text.optional(),
  fields: z.array(text).max(1000).optional(),
  redact: z.array(text).max(1000).optional(),
  on_full: z.enum(["serve", "refuse"]).optional(),
});

/** Which server, with which password, is the server's own configuration: a manifest names it and asks. */
const labelsSql = z.strictObject({
  source: z.string().regex(sourcePattern, "must be the name of a source in the server's configuration"),
  query: z.string().min(1).max(20_000),
  every: duration.refine((text) => parseDuration(text) >= 1000, "labels are pulled once a second at most").optional(),
});

const labels = z.strictObject({ sql: z.union([labelsSql, z.literal("none")]).optional() });

/**
 * `slipway.yaml` as data. `model` is immutable and hashed into the version; `serve`, `log`, `labels`, `monitor` and `rollout` are mutable, a change of them
 * is a revision of the endpoint. `serve.follow` is the alias that chooses
 * the version, also when it is moved elsewhere. In it and in a fallback, the word `none` stands for nothing; an alias cannot be called so.
 */
export const manifestSchema = z.strictObject({
  slipway: z.literal(1, { error: "must be 1, the version of this format" }),
  name: z.string().regex(namePattern, 'use 1 to 100 of a-z, 0-9, ".", "_" and "-", beginning with a letter or digit'),
  owner: owner.optional(),
  model: model.optional(),
  serve: serve.optional(),
  log: log.optional(),
  labels: labels.optional(),
  monitor: z.union([monitorSchema, z.literal("off")], { error: "must be off, or a map of settings" }).optional(),
  rollout: z.union([rolloutSchema, z.literal("none")], { error: "must be none, or a map of settings" }).optional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestModel = NonNullable<Manifest["model"]>;
export type ManifestInput = z.infer<typeof inputObject>;
export type ManifestExamples = z.infer<typeof examplesObject>;
export type ManifestTraining = z.infer<typeof training>;
export type ManifestEnvironment = z.infer<typeof environment>;

/** The known keys of each section, by the path of the section; `*` stands for a name that the author chose. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(manifestSchema.shape),
  owner: Object.keys(owner.shape),
  model: Object.keys(model.shape),
  "model.inputs.*": Object.keys(inputObject.shape),
  "model.outputs.*": Object.keys(outputValue.shape),
  "model.examples": Object.keys(examplesObject.shape),
  "model.training": Object.keys(training.shape),
  "model.environment": Object.keys(environment.shape),
  serve: Object.keys(serve.shape),
  "serve.batching": Object.keys(batching.shape),
  "serve.recycle": ["requests", "after"],
  log: Object.keys(log.shape),
  labels: Object.keys(labels.shape),
  "labels.sql": Object.keys(labelsSql.shape),
  ...monitorKeys,
  ...rolloutKeys,
};

/** The long form of an input: `int64` is `{type: int64}`. */
export function toManifestInput(value: ManifestType | ManifestInput): ManifestInput {
  return typeof value === "string" ? { type: value } : value;
}

/** The long form of the examples: `examples.json` is `{path: examples.json}`. */
export function toManifestExamples(value: string | ManifestExamples): ManifestExamples {
  return typeof value === "string" ? { path: value } : value;
}

/** `Date.parse` takes 2026-02-31 for the third of March. */
function isCalendarDay(date: string): boolean {
  const time = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date.slice(0, 10));
}

/**
 * @throws SlipwayError `invalid_manifest` that lists everything wrong; `details.problems` is a list of `{path, message}`,
 * path with dots (`model.inputs.hour`).
 */
export function parseManifest(data: unknown): Manifest {
  const parsed = manifestSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw invalidManifest(toProblems(parsed.error.issues, { knownKeys, data }));
}

/** What is wrong with a request that has sections of a manifest under their own names. */
export function toSectionProblems(issues: Parameters<typeof toProblems>[0], data: unknown): ManifestProblem[] {
  return toProblems(issues, { knownKeys, data });
}

export function invalidManifest(problems: readonly ManifestProblem[]): SlipwayError {
  const lines = problems.map(({ path, line, message }) => {
    const where = [line === undefined ? "" : `line ${line}`, path].filter((part) => part !== "").join(", ");
    return where === "" ? message : `${where}: ${message}`;
  });
  const text =
    lines.length === 1 ? lines[0]! : `it has ${lines.length} problems:\n${lines.map((line) => `  ${line}`).join("\n")}`;
  return new SlipwayError("invalid_manifest", `slipway.yaml cannot be used: ${text}`, { problems });
}
