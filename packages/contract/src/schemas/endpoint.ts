import { z } from "zod";
import { flavors } from "../flavors.ts";
import { monitorSchema } from "../manifest-monitor.ts";
import { rolloutSchema } from "../manifest-rollout.ts";
import { alias, id, json, modelName, name, pageOf, timestamp, versionNumber } from "./common.ts";

/** What an endpoint sends its traffic to: one version, or whatever version an alias points at. */
export const target = z.object({
  model: modelName,
  version: versionNumber,
  follows: alias.nullable().meta({ description: "The alias that this target follows; null is a fixed version" }),
});

export const durability = z.enum(["process", "disk"]);

/** The mutable half of slipway.yaml, as it is in force. */
export const serveSettings = z.object({
  replicas: z.int().min(1).max(256),
  timeout_ms: z.number().positive(),
  fallback: z.union([z.null(), z.object({ alias }), z.object({ value: z.record(z.string(), json) })]),
  memory_bytes: z.number().nullable().meta({ description: "serve.memory; null: no bound" }),
  max_training_age_ms: z.number().nullable().meta({ description: "serve.max_training_age; null: no bound" }),
  placement: z
    .enum(["thread", "worker", "process"])
    .nullable()
    .meta({ description: "serve.placement; null: where the version runs best" }),
  threads: z.int().nullable().meta({ description: "serve.threads, of one run; null: 1" }),
  device: z.enum(["cpu", "cuda"]),
  recycle: z
    .object({ requests: z.int().nullable(), after_ms: z.number().nullable() })
    .nullable()
    .meta({ description: "serve.recycle; null: model processes live on" }),
  batching: z
    .object({ max_rows: z.int().nullable(), max_delay_ms: z.number(), max_queue: z.int().nullable() })
    .nullable()
    .meta({ description: "serve.batching; null: each request runs by itself" }),
});
export type ServeSettings = z.infer<typeof serveSettings>;

export const logSettings = z.object({
  durability,
  on_full: z.enum(["serve", "refuse"]),
  key: z.string().nullable(),
  fields: z.array(z.string()),
  redact: z.array(z.string()),
});
export type LogSettings = z.infer<typeof logSettings>;

export const labelSettings = z.object({
  sql: z
    .object({ source: z.string(), query: z.string(), every_ms: z.number() })
    .nullable()
    .meta({ description: "Where labels are pulled from on a schedule" }),
});
export type LabelSettings = z.infer<typeof labelSettings>;

const share = z.int().min(0).max(10_000).meta({ description: "Ten-thousandths of the traffic" });

/** How traffic is divided beside the target, which has what the arms leave. */
export const trafficSettings = z.object({
  unit: z
    .string()
    .nullable()
    .meta({ description: "What stays with one arm: a record field, or header:NAME; null: each request by itself" }),
  seed: z.string().meta({ description: "Of the hash of units" }),
  arms: z.array(z.object({ name: z.string(), version: versionNumber, from: share, share })),
  rules: z.array(
    z.object({
      name: z.string(),
      header: z.string().nullable(),
      field: z.string().nullable(),
      values: z.array(z.string()),
      arm: z.string(),
    }),
  ),
  shadows: z.array(z.object({ version: versionNumber, share })),
  fields: z.array(z.string()).optional().meta({
    description:
      "Record fields that decided once, by which nothing is divided any more; callers may go on sending them",
  }),
});
export type TrafficSettings = z.infer<typeof trafficSettings>;

export const stopped = z
  .enum(["fallback", "refuse"])
  .nullable()
  .meta({ description: "The kill switch: only the fallback answers, or nothing does; null: it is not stopped" });

const count = z.int().min(0);

/** A version that answers requests once more, for nobody. Counts are of the process that answers, since the version is a shadow there. */
export const shadowView = z.object({
  version: versionNumber,
  share,
  state: z.enum(["loading", "ready", "failed", "stopped"]),
  message: z.string().nullable().meta({ description: "Why it failed; it is tried again from time to time" }),
  waiting_rows: count.meta({ description: "Rows that wait for their run or are in it" }),
  sampled: count.meta({ description: "Requests that were drawn for it: answered, failed, dropped, or on their way" }),
  answered: count,
  failed: count.meta({ description: "On record with an error of the version" }),
  dropped: z.object({
    loading: count.meta({ description: "The version was not there yet" }),
    failed: count.meta({ description: "The version does not load" }),
    queue: count.meta({ description: "More waited than may" }),
    late: count.meta({ description: "Its turn, or its answer, came too late" }),
    busy: count.meta({ description: "Shadows had used their part of the event loop's time" }),
    gone: count.meta({ description: "The shadow was taken away, or what waited was let go of for an erase" }),
    unlogged: count.meta({ description: "The prediction log could not be written" }),
  }),
});
export type ShadowView = z.infer<typeof shadowView>;

export const trafficView = z.object({
  endpoint: name,
  revision: z.int(),
  stop: stopped,
  unit: trafficSettings.shape.unit,
  seed: trafficSettings.shape.seed,
  arms: z
    .array(
      z.object({
        name: z.string(),
        version: versionNumber,
        from: share.nullable().meta({ description: "The first of its buckets; null: the champion has what is left" }),
        share,
        state: z.enum(["ready", "failed", "stopped"]),
        message: z.string().nullable().meta({ description: "Why it is not ready; the champion has its traffic" }),
      }),
    )
    .meta({ description: "The champion first" }),
  rules: trafficSettings.shape.rules,
  shadows: z.array(shadowView),
  fields: z.array(z.string()).meta({ description: "Record fields that decided once; callers may go on sending them" }),
  notes: z
    .array(z.string())
    .meta({ description: "What callers have to know, and what a change took along; sentences" }),
});
export type TrafficView = z.infer<typeof trafficView>;

export const endpoint = z.object({
  name,
  target: target.nullable().meta({ description: "Null: the endpoint exists and has no traffic" }),
  serve: serveSettings,
  log: logSettings,
  labels: labelSettings,
  monitor: z
    .union([z.literal("off"), monitorSchema])
    .meta({ description: "As in slipway.yaml; what is left out has its default" }),
  traffic: trafficSettings,
  stop: stopped,
  rollout: rolloutSchema
    .nullable()
    .meta({ description: "As in slipway.yaml: how a new version takes the traffic; null: at once" }),
  revision: z.int(),
  state: z.enum(["ready", "loading", "failed", "empty", "stopped"]),
  state_message: z.string().nullable(),
  warnings: z.array(z.string()).meta({ description: "What is not right although it serves; sentences" }),
  placement: z.enum(["thread", "worker", "process"]).nullable(),
  owner: json.nullable(),
  created_at: timestamp,
  updated_at: timestamp,
});
export type Endpoint = z.infer<typeof endpoint>;
export const endpointPage = pageOf(endpoint);

export const revision = z.object({
  endpoint: name,
  revision: z.int(),
  action: z
    .string()
    .meta({ description: "deploy, promote, alias, rollback, undeploy, apply, import, traffic, rollout, stop" }),
  changes: z.array(z.object({ path: z.string(), from: json.optional(), to: json.optional() })),
  author: z.string().nullable(),
  message: z.string().nullable(),
  created_at: timestamp,
});
export type Revision = z.infer<typeof revision>;
export const revisionPage = pageOf(revision);

const allowBreaking = z.boolean().optional().meta({
  description: "Also where the signature breaks those who call the endpoint now; default false",
});

export const promoteRequest = z.strictObject({
  version: versionNumber,
  allow_breaking: allowBreaking,
  message: z.string().max(2000).optional(),
});
export type PromoteRequest = z.infer<typeof promoteRequest>;

export const rollbackRequest = z.strictObject({
  to: z.int().min(0).optional().meta({ description: "A revision number; by default the one before the present" }),
  message: z.string().max(2000).optional(),
});
export type RollbackRequest = z.infer<typeof rollbackRequest>;

const message = z.string().max(2000).optional();

const dividing = z.strictObject({
  arms: z
    .array(z.strictObject({ version: versionNumber, share }))
    .max(20)
    .meta({
      description: "Versions and their shares; what they leave is the target's. Empty: all traffic to the target",
    }),
  unit: trafficSettings.shape.unit.optional(),
  rules: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/),
        header: z.string().min(1).nullable().optional(),
        field: z.string().min(1).nullable().optional(),
        values: z.array(z.string()).min(1).max(1000),
        version: versionNumber,
      }),
    )
    .max(100)
    .optional()
    .meta({
      description:
        "Who has one of the values gets the version, whatever the shares say; in this order. Left out: those of arms that stay",
    }),
  control: z.boolean().optional().meta({
    description:
      "Beside one version: an arm of the target that is as large, to compare it with; default: as it is, where that is possible",
  }),
  shadows: z.array(z.strictObject(trafficSettings.shape.shadows.element.shape)).max(10).optional(),
  allow_breaking: allowBreaking,
  message,
});

/** Of traffic that nothing divides. */
const aboutArms = ["unit", "control"] as const;

export const trafficRequest = dividing.superRefine(({ arms, rules = [], shadows = [], ...request }, context) => {
  if (arms.length + rules.length + shadows.length > 0) return;
  for (const key of aboutArms.filter((each) => Boolean(request[each])))
    context.addIssue({
      code: "custom",
      path: [key],
      message: "says how traffic is divided, and there are no arms, rules or shadows. Name some, or leave it out",
    });
});
export type TrafficRequest = z.infer<typeof trafficRequest>;

export const stopRequest = z.strictObject({
  fallback: z.boolean().optional().meta({ description: "The fallback answers; default false: nothing does" }),
  message,
});
export type StopRequest = z.infer<typeof stopRequest>;

export const startRequest = z.strictObject({ message });
export type StartRequest = z.infer<typeof startRequest>;

const deployOptions = {
  endpoint: name.optional(),
  manifest: json.optional().meta({ description: "slipway.yaml as JSON" }),
  flavor: z
    .enum(flavors)
    .optional()
    .meta({ description: "What the entry is, where its name does not say; goes before `model.flavor`" }),
  runtime: z.enum(["auto", "python", "onnx"]).optional().meta({
    description:
      "What may serve a Python model: auto takes ONNX where it is proven to answer the same; goes before `model.runtime`",
  }),
  traffic: z.boolean().optional().meta({ description: "False registers and loads nothing; default true" }),
  expect: z.string().optional().meta({ description: "Refuse unless the version has this digest" }),
  allow_breaking: allowBreaking,
  message: z.string().max(2000).optional(),
};

export const deployFilesRequest = z.object({
  name: modelName,
  files: z
    .array(z.object({ path: z.string().min(1).max(1000), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .min(1)
    .max(10_000),
  entry: z.string().min(1).max(1000).meta({ description: "The file among `files` that is opened" }),
  gate_files: z
    .array(z.object({ path: z.string().min(1).max(1000), sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(100)
    .optional()
    .meta({ description: "What `rollout.gates` names: kept beside the version, and no part of its digest" }),
  ...deployOptions,
});
export type DeployFilesRequest = z.infer<typeof deployFilesRequest>;

export const deploySourceRequest = z.object({
  source: z.string().min(1).max(4096).meta({
    description: "What this server has already: models:/NAME@alias, models:/NAME/VERSION, models:/m-ID, runs:/ID/path",
    example: "models:/churn@champion",
  }),
  name: modelName.optional().meta({
    description: "Of runs:/ and models:/m-ID, the model that gets a version; default: as it was logged",
  }),
  entry: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .meta({ description: "The file that is opened; default: MLmodel, or the only model file" }),
  ...deployOptions,
});
export type DeploySourceRequest = z.infer<typeof deploySourceRequest>;

export const deployRequest = z
  .union([deployFilesRequest, deploySourceRequest])
  .meta({ description: "Of uploaded `files`, or of a `source` that the server has" });
export type DeployRequest = z.infer<typeof deployRequest>;

export const applyRequest = z.object({
  manifest: json.meta({ description: "slipway.yaml as JSON; `name` is the endpoint" }),
  dry_run: z.boolean().optional(),
  message: z.string().max(2000).optional(),
});
export type ApplyRequest = z.infer<typeof applyRequest>;

export const applyResult = z.object({
  endpoint: name,
  changed: z.boolean(),
  revision: z.int(),
  changes: z.array(z.object({ path: z.string(), from: json.optional(), to: json.optional() })),
});
export type ApplyResult = z.infer<typeof applyResult>;

export const predictAnswer = z.object({
  id,
  endpoint: name,
  model: modelName,
  version: versionNumber,
  prediction: z.record(z.string(), json).optional().meta({ description: "Where one record was sent" }),
  predictions: z
    .array(z.record(z.string(), json))
    .optional()
    .meta({ description: "Where a list was sent, in its order" }),
  fallback: z.string().optional().meta({ description: "What answered instead, and why" }),
});
export type PredictAnswer = z.infer<typeof predictAnswer>;
