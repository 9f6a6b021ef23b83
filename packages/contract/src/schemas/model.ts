import { z } from "zod";
import { alias, id, json, modelName, pageOf, sha256, timestamp, versionNumber } from "./common.ts";

const datatype = z.string().meta({ description: "Datatype of the Open Inference Protocol", example: "FP32" });

export const inputSpec = z.object({
  name: z.string(),
  datatype,
  shape: z.array(z.int()).meta({ description: "-1 is any size" }),
  nullable: z.boolean(),
  range: z.tuple([z.number(), z.number()]).optional(),
  categories: z.array(z.string()).optional(),
  format: z.literal("date-time").optional().meta({ description: "Of texts: ISO 8601" }),
});

export const outputSpec = z.object({
  name: z.string(),
  datatype,
  shape: z.array(z.int()),
  classes: z.array(z.string()).optional(),
});

export const signature = z.object({
  inputs: z.array(inputSpec),
  outputs: z.array(outputSpec),
  packed: z.object({ tensor: z.string(), datatype }).nullable(),
  batched: z.boolean(),
});

export const modelFile = z.object({ path: z.string(), sha256, size: z.int() });

export const model = z.object({
  name: modelName,
  description: z.string().nullable(),
  versions: z.int().meta({ description: "How many versions there are" }),
  latest: versionNumber.nullable(),
  aliases: z.record(z.string(), versionNumber),
  created_at: timestamp,
});
export type Model = z.infer<typeof model>;

export const modelVersion = z.object({
  model: modelName,
  version: versionNumber,
  state: z.enum(["verified", "registered", "external"]).meta({
    description:
      "registered: nobody has opened its files yet; the first deployment does. It has no signature and no files. external: it is served elsewhere, and its predictions were imported",
  }),
  digest: sha256.nullable().meta({ description: "Null while it is only registered: its files were not looked at yet" }),
  flavor: z.string(),
  platform: z.string(),
  placement: z.enum(["thread", "worker", "process"]),
  signature,
  files: z.array(modelFile),
  aliases: z.array(z.string()),
  owner: json.nullable(),
  manifest: json.nullable().meta({ description: "The immutable `model:` section of slipway.yaml" }),
  program: z.record(z.string(), json).meta({
    description: "How it is run: `kind` is onnx, python, command or remote; `translation` says why ONNX serves, or not",
  }),
  report: json.nullable().meta({ description: "What the probe measured: creation and run times, memory" }),
  author: z.string().nullable(),
  message: z.string().nullable(),
  description: z.string().nullable(),
  stage: z.enum(["None", "Staging", "Production", "Archived"]).meta({ description: "MLflow's stage" }),
  source: z.string().meta({ description: "Where it came from; of uploaded files, where they are now" }),
  run_id: z.string().nullable().meta({ description: "The run that made it" }),
  logged_model_id: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
export type ModelVersion = z.infer<typeof modelVersion>;

export const modelPage = pageOf(model);
export const versionPage = pageOf(modelVersion);

export const aliasChange = z.object({
  version: versionNumber,
  allow_breaking: z.boolean().optional().meta({
    description: "Also where the signature breaks those who call an endpoint that follows it; default false",
  }),
  message: z.string().max(2000).optional(),
});
export type AliasChange = z.infer<typeof aliasChange>;
export const aliasState = z.object({
  model: modelName,
  alias,
  version: versionNumber,
  operation: id.nullable().meta({
    description: "Of a version that was only registered: the operation that looks at it and then moves the traffic",
  }),
});
export type AliasState = z.infer<typeof aliasState>;

export const versionDiff = z.object({
  model: modelName,
  from: versionNumber,
  to: versionNumber,
  changes: z.array(z.object({ path: z.string(), from: json.optional(), to: json.optional() })),
});
export type VersionDiff = z.infer<typeof versionDiff>;

const lineageNode = z.object({
  id: z.string().meta({ example: "version:churn@3" }),
  kind: z.enum(["version", "logged_model", "run", "experiment", "dataset", "code"]),
  name: z.string(),
  missing: z.boolean().optional().meta({ description: "It was named, and is not here (any more)" }),
  facts: z.record(z.string(), json).meta({ description: "Digest, params, commit, ...: what is known of it" }),
});
export type LineageNode = z.infer<typeof lineageNode>;

const lineageEdge = z.object({
  from: z.string(),
  to: z.string(),
  kind: z.enum(["made_of", "logged_by", "made_by", "read", "ran_in", "ran", "copied_from"]),
});
export type LineageEdge = z.infer<typeof lineageEdge>;

/** What a version came from; the first node is the version. */
export const lineage = z.object({ nodes: z.array(lineageNode), edges: z.array(lineageEdge) });
export type Lineage = z.infer<typeof lineage>;
