import { z } from "zod";
import { rolloutSchema, strategies } from "../manifest-rollout.ts";
import { id, json, modelName, name, pageOf, pageQuery, timestamp, versionNumber } from "./common.ts";
import { rolloutPlan } from "./rollout-plan.ts";
import { evidenceRoles, rolloutHeldReasons, rolloutPhases, rolloutVerdicts, share } from "./rollout-words.ts";

const count = z.number().min(0);
const figure = z.number().nullable();
const verdict = z.enum(rolloutVerdicts);
const phase = z.enum(rolloutPhases);

export const rolloutEvidence = z
  .object({
    metric: z.string(),
    role: z.enum(evidenceRoles),
    verdict: verdict.meta({
      description:
        "`fail`: harm is proven; `inconclusive`: what is known does not decide it; `no_data`: there was nothing to look at; `error`: it could not be looked at",
    }),
    message: z.string().meta({ description: "A sentence with both figures" }),
    arms: z.array(
      z.object({
        arm: z.string(),
        n: count.meta({ description: "Rows, or requests where requests are counted" }),
        events: figure.meta({ description: "Of what is counted: how many" }),
        mean: figure.meta({ description: "The mean, or the rate of what is counted" }),
      }),
    ),
    estimate: figure.meta({ description: "Candidate minus champion" }),
    interval: z
      .tuple([z.number().nullable(), z.number().nullable()])
      .nullable()
      .meta({ description: "Holds at all times together, at `alpha`; null: without a bound on this side" }),
    e_value: figure.meta({ description: "Evidence of harm; it is proven at 1/alpha. Beyond 1e300: 1e300" }),
    p: figure,
    alpha: figure.meta({ description: "What of the rollout's alpha this metric may spend" }),
    window: z.object({ from: timestamp, to: timestamp }).nullable(),
    details: z.record(z.string(), json).optional(),
  })
  .meta({ description: "What is known of one metric, and what follows of it" });
export type RolloutEvidence = z.infer<typeof rolloutEvidence>;

export const rolloutGate = z.object({
  gate: z.string(),
  verdict,
  message: z.string(),
  evidence: z.record(z.string(), json),
});
export type RolloutGate = z.infer<typeof rolloutGate>;

export const rolloutStep = z.object({
  kind: z.enum(["shadow", "traffic", "approve"]),
  share: share.nullable().meta({ description: "Ten-thousandths of the traffic; null: of approve" }),
  hold_ms: count,
  min_samples: count,
  min_labels: count,
  prove: z.boolean().meta({ description: "The goal must be reached before the next step" }),
  bake_ms: count,
  who: z.string().nullable().meta({ description: "Who has to agree; `anyone`: anybody but the author" }),
  timeout_ms: count.nullable(),
});
export type RolloutStep = z.infer<typeof rolloutStep>;

export const rolloutMetric = z.object({
  name: z.string(),
  role: z.enum(["guardrail", "signal", "limit", "observe", "goal"]),
  kind: z.enum(["counter", "latency", "label", "sql", "prometheus"]).meta({ description: "Where it is from" }),
  alpha: z.number().nullable().meta({ description: "Null: it decides nothing by statistics" }),
  tolerate: z.number().meta({ description: "Share by which an event may be more frequent" }),
  margin: z.number().meta({ description: "Difference of means that is no harm" }),
  budget_ms: figure.meta({ description: "Of latency; null: twice the champion's p95 when the rollout began" }),
  min: figure,
  max: figure,
});
export type RolloutMetricView = z.infer<typeof rolloutMetric>;

export const rollout = z
  .object({
    id,
    endpoint: name,
    model: modelName,
    from: versionNumber.meta({ description: "What served when it began" }),
    to: versionNumber.meta({ description: "The candidate" }),
    strategy: z.enum(strategies),
    phase,
    active: z.boolean().meta({ description: "It has not ended" }),
    step: z.int().meta({ description: "Of `steps`, from 0; -1: before the first" }),
    steps: z.array(rolloutStep),
    share: share.meta({ description: "What the candidate has of the traffic now, in ten-thousandths" }),
    shadow: share.meta({ description: "What it answers for nobody, in ten-thousandths" }),
    entered_at: timestamp.nullable().meta({ description: "When the step's traffic was in force; null: it is not yet" }),
    paused: z.boolean(),
    held: z
      .object({
        reason: z.enum(rolloutHeldReasons),
        since: timestamp,
        message: z.string(),
        for_person: z.boolean().meta({ description: "Neither time nor traffic moves it on: a person does" }),
      })
      .nullable()
      .meta({ description: "Why the step does not go on" }),
    verdict: verdict.nullable().meta({ description: "How it ended" }),
    reason: z.string().nullable().meta({ description: "Why, in words" }),
    metrics: z.array(rolloutMetric),
    gates: z.array(z.string()),
    unit: z.string().nullable(),
    control: z.enum(["rest", "equal"]),
    alpha: z.number(),
    finish: z.enum(["promote", "report"]),
    deadline_at: timestamp,
    author: z.string().nullable(),
    message: z.string().nullable(),
    events: z.int().meta({ description: "How many there are" }),
    created_at: timestamp,
    updated_at: timestamp,
  })
  .meta({ description: "One release of a version, and where it stands" });
export type Rollout = z.infer<typeof rollout>;
export const rolloutPage = pageOf(rollout);

export const rolloutQuery = z.object({
  limit: z.int().min(1).max(1000).default(50),
  cursor: z.string().optional(),
  endpoint: z.string().optional(),
  state: z.enum(["active", "ended"]).optional().meta({ description: "`active`: those that have not ended" }),
});

export const rolloutEventKinds = [
  "started",
  "gated",
  "step",
  "held",
  "went_on",
  "approved",
  "paused",
  "resumed",
  "skipped",
  "warned",
  "harm",
  "decided",
  "ended",
] as const;

export const rolloutEvent = z
  .object({
    rollout: id,
    seq: z.int().min(1),
    at: timestamp,
    actor: z.string().nullable().meta({ description: "Who did it; null: the rollout itself" }),
    kind: z.enum(rolloutEventKinds),
    from: phase,
    to: phase,
    step: z.int(),
    reason: z.string(),
    evidence: z.array(rolloutEvidence),
    details: z.record(z.string(), json),
    prev_hash: z.string(),
    hash: z.string().meta({ description: "SHA-256 of all else, `prev_hash` included" }),
  })
  .meta({ description: "One thing that happened to a rollout; events are never trimmed" });
export type RolloutEvent = z.infer<typeof rolloutEvent>;

export const rolloutEventQuery = pageQuery.extend({
  after: z.int().min(0).optional().meta({ description: "Only events with a larger `seq`" }),
});

export const rolloutEventPage = pageOf(rolloutEvent).extend({
  intact: z.boolean().nullable().meta({
    description:
      "The hashes of all events of the rollout hold, from the first to the last; null: said on the last page, and not with `after`",
  }),
});
export type RolloutEventPage = z.infer<typeof rolloutEventPage>;

export const rolloutRequest = z.strictObject({
  version: versionNumber,
  model: modelName
    .optional()
    .meta({ description: "Whose version that is; refused where the endpoint serves another model" }),
  rollout: rolloutSchema.optional().meta({
    description: "As in slipway.yaml, in the place of what the endpoint has; `strategy` goes before what it says",
  }),
  strategy: z.enum(strategies).optional(),
  allow_breaking: z.boolean().optional(),
  supersede: z
    .boolean()
    .optional()
    .meta({ description: "A rollout that is under way at the endpoint ends; default false: this one is refused" }),
  dry_run: z
    .boolean()
    .optional()
    .meta({ description: "Begin nothing: only say what would come, and how long it takes" }),
  message: z.string().max(2000).optional(),
});
export type RolloutRequest = z.infer<typeof rolloutRequest>;

export const rolloutStarted = z.object({
  rollout: rollout.nullable().meta({ description: "Null: of a dry run" }),
  plan: rolloutPlan.nullable().meta({ description: "Of a dry run" }),
  notes: z.array(z.string()).meta({ description: "What callers have to know; sentences" }),
});
export type RolloutStarted = z.infer<typeof rolloutStarted>;

export const rolloutCommands = ["pause", "resume", "approve", "skip-step", "promote", "abort"] as const;
export type RolloutCommandKind = (typeof rolloutCommands)[number];

export const rolloutCommand = z.strictObject({
  kind: z.enum(rolloutCommands),
  message: z.string().max(2000).optional().meta({ description: "Why, for the events" }),
});
export type RolloutCommand = z.infer<typeof rolloutCommand>;

const need = z.object({
  reason: z.string().meta({ description: "`hold`, `min_samples`, `approval`, ... as in `held`; `gates`, `traffic`" }),
  met: z.boolean(),
  message: z.string().meta({ description: "What it waits for" }),
  present: z.string().meta({ description: "How far that is" }),
});

export const rolloutExplanation = z
  .object({
    rollout,
    stands: z.string().meta({ description: "Where it stands, in a sentence" }),
    needs: z.array(need).meta({ description: "What it must have before it goes on" }),
    earliest_at: timestamp
      .nullable()
      .meta({ description: "When time alone lets it go on; null: it waits for something else" }),
    next: z.object({
      kind: z.enum(["step", "gates", "promote", "report", "settle", "none"]),
      step: z.int().nullable().meta({ description: "Of `steps`, from 0" }),
      message: z.string(),
    }),
    trouble: z.string().nullable().meta({ description: "Why its traffic could not be put in force" }),
    samples: count.meta({ description: "Rows that the candidate answered in this step, or pairs of a shadow" }),
    labels: count.meta({ description: "Labels that have come for them" }),
    evidence: z
      .array(rolloutEvidence)
      .meta({ description: "As it was looked at last; of one that is over, what decided it" }),
    observed_at: timestamp.nullable(),
    gates: z.array(rolloutGate).nullable().meta({ description: "Null: they still run" }),
    commands: z.array(z.string()).meta({ description: "What can be done now, as command lines" }),
  })
  .meta({ description: "Where a rollout stands, what it waits for, by what evidence, and what comes next" });
export type RolloutExplanation = z.infer<typeof rolloutExplanation>;
