import { z } from "zod";
import { json, name, timestamp } from "./common.ts";

export const replayRequest = z.object({
  prediction: z
    .string()
    .regex(/^[0-9a-f-]{36}(\/\d{1,10})?$/)
    .optional()
    .meta({ description: "One request, or row i of it as ID/i; else `endpoint` says which" }),
  endpoint: name.optional().meta({ description: "What this endpoint answered, newest first" }),
  since: z.string().optional().meta({ description: "RFC 3339, or a duration back from now such as 1h" }),
  until: z.string().optional(),
  errors: z.boolean().optional().meta({ description: "Only those that failed or were answered by a fallback" }),
  limit: z.int().min(1).max(1_000_000).default(1000).meta({ description: "At most so many predictions" }),
  on: z
    .string()
    .max(300)
    .optional()
    .meta({ description: "NAME@VERSION or NAME@ALIAS to compare with; by default the version that answered" }),
  absolute: z.number().min(0).default(1e-6),
  relative: z.number().min(0).default(1e-4).meta({ description: "Of the value on record" }),
});
export type ReplayRequest = z.infer<typeof replayRequest>;
export type NewReplay = z.input<typeof replayRequest>;

const element = json.nullable().meta({ description: "Not finite floats and large integers are texts" });
const count = z.int();
const size = z.number().nullable();

export const replayExample = z.object({
  prediction: z.string(),
  output: z.string(),
  index: count.nullable().meta({ description: "Of the element in the row's output" }),
  expected: element,
  got: element,
  difference: size,
  ulps: size,
});

/** `result` of a replay that succeeded. */
export const replayResult = z.object({
  total: count.meta({ description: "Predictions, which are rows" }),
  identical: count.meta({ description: "Every output has the same bits" }),
  within: count.meta({ description: "Every output is within the tolerance" }),
  different: count,
  not_replayable: z.record(z.string(), count).meta({ description: "By reason" }),
  outputs: z.record(
    z.string(),
    z.object({
      identical: count,
      within: count,
      different: count,
      max_ulps: size.meta({ description: "In representable values; null where there is no such distance" }),
      max_difference: size,
      worst: replayExample.omit({ output: true }).nullable(),
    }),
  ),
  examples: z.array(replayExample).meta({ description: "Of what is different, at most 20" }),
  not_replayable_examples: z.array(z.object({ prediction: z.string(), reason: z.string(), message: z.string() })),
  on: z.string().nullable().meta({ description: "The version compared with; null: the one that answered" }),
  versions: z.record(z.string(), count).meta({ description: "Predictions run on each version" }),
  not_compared: z.record(z.string(), z.string()).meta({ description: "Outputs that have no partner, with why" }),
  ignored_inputs: z.array(z.string()).meta({ description: "Inputs on record that the other version does not take" }),
  empty_inputs: z
    .record(z.string(), count)
    .meta({ description: "Inputs of the other version that records lack and that may be missing: predictions" }),
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  limited: z.boolean().meta({ description: "There are more predictions than `limit`" }),
  first_at: timestamp.nullable(),
  last_at: timestamp.nullable(),
});
export type ReplayResult = z.infer<typeof replayResult>;
