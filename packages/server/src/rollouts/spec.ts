import type { ManifestRollout, Strategy } from "@slipway/contract";
import type { TrafficRule } from "../endpoints/index.ts";

type ManifestGate = NonNullable<ManifestRollout["gates"]>[number];

/** What is compared or bounded. `kind` says where it is from. */
export type MetricSource =
  | { readonly kind: "counter"; readonly metric: "errors" | "refused" | "fallbacks" }
  | {
      readonly kind: "latency";
      /** Null: twice the champion's p95 when the rollout began. */ readonly budgetMs: number | null;
    }
  | { readonly kind: "label"; readonly metric: "wrong" | "brier" | "log_loss" | "absolute_error" | "squared_error" }
  | {
      readonly kind: "sql";
      readonly sql: string;
      readonly better: "lower" | "higher";
    }
  | { readonly kind: "prometheus"; readonly url: string; readonly query: string };

export interface MetricSpec {
  readonly name: string;
  readonly source: MetricSource;
  /** Share by which an event may be more frequent. */
  readonly tolerate: number;
  /** Difference of means that is no harm. */
  readonly margin: number;
  /** Its part of the rollout's alpha, after it was spent over the guardrails. */
  readonly alpha: number;
}

export interface LimitSpec extends MetricSpec {
  readonly min: number | null;
  readonly max: number | null;
}

export type Step = ShadowStep | TrafficStep | ApproveStep;

interface Holding {
  readonly holdMs: number;
  /** Rows that the candidate answered, or pairs. */
  readonly minSamples: number;
  readonly minLabels: number;
  readonly prove: boolean;
}

export interface ShadowStep extends Holding {
  readonly kind: "shadow";
  /** Ten-thousandths. */
  readonly share: number;
}

export interface TrafficStep extends Holding {
  readonly kind: "traffic";
  readonly share: number;
  /** How long the champion stays warm behind this step before the promotion. */
  readonly bakeMs: number;
}

export interface ApproveStep {
  readonly kind: "approve";
  /** A user or token; `anyone`: anybody but the author. */
  readonly who: string;
  readonly timeoutMs: number | null;
}

export type Reaction =
  | { readonly kind: "hold" | "rollback" | "promote" | "warn" }
  | { readonly kind: "hold_then"; readonly holdMs: number; readonly next: "rollback" | "promote" | "warn" };

export type Freeze =
  | {
      readonly kind: "daily";
      /** Minutes of the UTC day. */ readonly from: number;
      readonly to: number;
      /** 0 is Sunday. */ readonly days: readonly number[];
    }
  | { readonly kind: "once"; readonly since: number; readonly until: number };

/** The `rollout` section with every default filled in. JSON-safe: kept with each rollout as it was when it began. */
export interface RolloutSpec {
  readonly strategy: Strategy;
  readonly unit: string | null;
  readonly control: "rest" | "equal";
  readonly alpha: number;
  readonly gates: readonly ManifestGate[];
  readonly steps: readonly Step[];
  readonly goal: MetricSpec | null;
  readonly guardrails: readonly MetricSpec[];
  readonly signals: readonly MetricSpec[];
  readonly limits: readonly LimitSpec[];
  readonly observe: readonly MetricSpec[];
  readonly when: Readonly<Record<"no_data" | "srm" | "error" | "inconclusive", Reaction>> & {
    readonly deadline: "rollback" | "promote" | "hold";
  };
  readonly rules: readonly TrafficRule[];
  readonly freeze: readonly Freeze[];
  readonly deadlineMs: number;
  readonly finish: "promote" | "report";
  /** Who began it would also break those who call the endpoint now. No key of the section. */
  readonly allowBreaking?: boolean;
}
