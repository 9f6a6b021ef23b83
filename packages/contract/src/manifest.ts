import { z } from "zod";
import { aliasPattern, namePattern } from "./address.ts";
import { durationPattern } from "./duration.ts";
import { SlipwayError } from "./errors.ts";
import { toProblems, type ManifestProblem } from "./manifest-problems.ts";

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
] as const;
export type ManifestType = (typeof manifestTypes)[number];

const typeName = z.enum(manifestTypes);
const text = z.string().min(1).max(1000);
const duration = z.string().regex(durationPattern, "write a number and a unit (ms, s, m, h or d), such as 200ms");

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
  })
  .refine((input) => input.nullable !== true || input.type.startsWith("float"), {
    path: ["nullable"],
    error: "only float16, float32 and float64 can be nullable: a missing value becomes NaN",
  })
  .refine((input) => input.range === undefined || !["string", "bool"].includes(input.type), {
    path: ["range"],
    error: "only numbers have a range",
  });

const inputValue = z.union([typeName, inputObject], {
  error: `must be a type (${manifestTypes.join(", ")}) or {type, range, nullable, shape}`,
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

const model = z.strictObject({
  path: relativePath,
  inputs: z.record(text, inputValue).optional(),
  outputs: z.record(text, outputValue).optional(),
});

const serve = z.strictObject({
  replicas: z.int().min(1).max(256).optional(),
  timeout: duration.optional(),
  fallback: fallback.optional(),
  follow: z.string().regex(aliasPattern, "must be an alias such as champion, or none").optional(),
});

const log = z.strictObject({
  durability: z.enum(["process", "disk"]).optional(),
  key: text.optional(),
  fields: z.array(text).max(1000).optional(),
  redact: z.array(text).max(1000).optional(),
  on_full: z.enum(["serve", "refuse"]).optional(),
});

/**
 * `slipway.yaml` as data. `model` is immutable and hashed into the version; `serve` and `log` are mutable, a change of them
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
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestModel = NonNullable<Manifest["model"]>;
export type ManifestInput = z.infer<typeof inputObject>;

/** The known keys of each section, by the path of the section; `*` stands for a name that the author chose. */
const knownKeys: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(manifestSchema.shape),
  owner: Object.keys(owner.shape),
  model: Object.keys(model.shape),
  "model.inputs.*": Object.keys(inputObject.shape),
  "model.outputs.*": Object.keys(outputValue.shape),
  serve: Object.keys(serve.shape),
  log: Object.keys(log.shape),
};

/** Keys that have a meaning in the design of Slipway and none in this version. */
const plannedKeys: readonly string[] = [
  "model.examples",
  "model.training",
  "model.environment",
  "serve.batching",
  "serve.memory",
  "serve.max_training_age",
  "labels",
  "rollout",
  "monitor",
];

/** The long form of an input: `int64` is `{type: int64}`. */
export function toManifestInput(value: ManifestType | ManifestInput): ManifestInput {
  return typeof value === "string" ? { type: value } : value;
}

/**
 * @throws SlipwayError `invalid_manifest` that lists everything wrong; `details.problems` is a list of `{path, message}`,
 * path with dots (`model.inputs.hour`).
 */
export function parseManifest(data: unknown): Manifest {
  const parsed = manifestSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw invalidManifest(toProblems(parsed.error.issues, { knownKeys, plannedKeys, data }));
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
