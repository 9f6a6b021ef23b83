import { z } from "zod";
import { pageOf, pageQuery } from "./common.ts";

const keyValue = z.object({ key: z.string(), value: z.string() });
const lifecycle = z.enum(["active", "deleted"]);
const ms = z.int().meta({ description: "Milliseconds since 1970, as MLflow has it" });

/** MLflow's own; a list that is empty is left out. */
export const experiment = z.object({
  experiment_id: z.string().meta({ example: "1" }),
  name: z.string(),
  artifact_location: z.string().meta({ example: "mlflow-artifacts:/1" }),
  lifecycle_stage: lifecycle,
  last_update_time: ms,
  creation_time: ms,
  tags: z.array(keyValue).optional(),
});
export type Experiment = z.infer<typeof experiment>;
export const experimentPage = pageOf(experiment);

const metric = z.object({
  key: z.string(),
  value: z.union([z.number(), z.literal("NaN")]),
  timestamp: ms,
  step: z.int(),
});

const dataset = z.object({
  name: z.string(),
  digest: z.string(),
  source_type: z.string(),
  source: z.string(),
  schema: z.string().optional(),
  profile: z.string().optional(),
});

/** MLflow's own; what is empty is left out. Of each metric, the latest point. */
export const run = z.object({
  info: z.object({
    run_id: z.string().meta({ description: "32 hexadecimal digits" }),
    run_uuid: z.string(),
    run_name: z.string(),
    experiment_id: z.string(),
    user_id: z.string(),
    status: z.enum(["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"]),
    start_time: ms,
    end_time: ms.optional(),
    artifact_uri: z.string(),
    lifecycle_stage: lifecycle,
  }),
  data: z.object({
    metrics: z.array(metric).optional(),
    params: z.array(keyValue).optional(),
    tags: z.array(keyValue).optional(),
  }),
  inputs: z
    .object({
      dataset_inputs: z.array(z.object({ tags: z.array(keyValue).optional(), dataset })).optional(),
      model_inputs: z.array(z.object({ model_id: z.string() })).optional(),
    })
    .optional(),
  outputs: z
    .object({ model_outputs: z.array(z.object({ model_id: z.string(), step: z.int() })).optional() })
    .optional(),
});
export type Run = z.infer<typeof run>;
export const runPage = pageOf(run);

export const lifecycleView = z.enum(["active", "deleted", "all"]);
export type LifecycleView = z.infer<typeof lifecycleView>;

const search = {
  ...pageQuery.shape,
  filter: z
    .string()
    .optional()
    .meta({ description: "MLflow's grammar, with OR and parentheses", example: "metrics.loss < 0.2" }),
  order_by: z.string().optional().meta({ example: "metrics.loss ASC" }),
  view: lifecycleView.default("active"),
};

export const experimentQuery = z.object(search);

export const runQuery = z.object({
  ...search,
  experiment: z.string().optional().meta({ description: "Its id or its name; all that are active unless given" }),
});
