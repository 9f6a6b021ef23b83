import type { ManifestRollout } from "@slipway/contract";
import type { Authorship, EndpointSettings } from "../endpoints/index.ts";
import type { Page } from "../kernel/page.ts";
import type { ChainCheck } from "./chain.ts";
import type { RolloutEvent } from "./event.ts";
import type { CommandKind } from "./observations.ts";
import type { Need } from "./decide/index.ts";
import type { Rollout } from "./rollout.ts";
import type { Sight } from "./sight.ts";
import type { RolloutSpec } from "./spec.ts";
import type { Evidence } from "./verdict.ts";
import type { EventQuery, RolloutQuery } from "./store.ts";

export interface StartOrder {
  readonly endpoint: string;
  /** Of the endpoint's model. */
  readonly version: number;
  /** Which model that is, where the caller named it. */
  readonly model?: string | undefined;
  /** Null: the endpoint's own section, and where it has none the defaults. */
  readonly section: ManifestRollout | null;
  readonly allowBreaking: boolean;
  /** One that is under way at the endpoint ends. Left out: no. */
  readonly supersede?: boolean | undefined;
  /** The endpoint's from the promotion on. */
  readonly settings?: EndpointSettings | null | undefined;
}

/** What a rollout would be, without beginning it. */
export interface RolloutPlan {
  readonly endpoint: string;
  readonly model: string;
  readonly from: number;
  readonly to: number;
  readonly spec: RolloutSpec;
  /** The rollout that it would supersede. */
  readonly supersedes: string | null;
}

export type NextMove =
  | { readonly kind: "step"; readonly step: number }
  | { readonly kind: "gates" | "promote" | "report" | "settle" | "none" };

/** Where a rollout stands, what it waits for, with what evidence, and what comes then. */
export interface Explanation {
  readonly rollout: Rollout;
  /** What was seen last; null: nothing yet. */
  readonly sight: Sight | null;
  /** Of the present step. */
  readonly needs: readonly Need[];
  readonly next: NextMove;
  /** When the step may end as far as time is concerned. Null: time is not what it waits for, or nobody knows. */
  readonly earliestAt: number | null;
}

export interface Wait {
  /** Resolves once there is a later event than this, or the rollout has ended. */
  readonly after: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Rollouts {
  /** @throws SlipwayError as `start` does */
  plan(order: StartOrder): Promise<RolloutPlan>;
  /**
   * Begins to release a version.
   * @throws SlipwayError `conflict` where another is under way that it is not to supersede; `precondition_failed` where nothing serves,
   * another model does, the version serves already or is being released; `invalid_manifest`,
   * `version_not_found`, `breaking_change`
   */
  start(order: StartOrder, by: Authorship): Promise<Rollout>;
  /** @throws SlipwayError `not_found` */
  get(id: string): Promise<Rollout>;
  findActive(endpoint: string): Promise<Rollout | null>;
  /** Newest first. */
  list(query: RolloutQuery): Promise<Page<Rollout>>;
  /** Of those that have ended the newest of each endpoint. */
  listLastEnded(): Promise<readonly Rollout[]>;
  /** In their order. @throws SlipwayError `not_found` */
  listEvents(id: string, query: EventQuery): Promise<Page<RolloutEvent>>;
  /** What one that has ended was decided by; nothing of one that has not. @throws SlipwayError `not_found` */
  findDeciding(id: string): Promise<readonly Evidence[]>;
  /** Whether the events are those that were written. @throws SlipwayError `not_found` */
  verify(id: string): Promise<ChainCheck>;
  /**
   * Resolves with the rollout after the command had its effect.
   * @throws SlipwayError `precondition_failed` where it does not fit, `forbidden` where somebody else has to agree
   */
  command(id: string, kind: CommandKind, by: Authorship): Promise<Rollout>;
  /** Resolves with the rollout as it is after a change, or when the time is over. @throws SlipwayError `not_found`, `cancelled` */
  wait(id: string, how: Wait): Promise<Rollout>;
  /** @throws SlipwayError `not_found` */
  explain(id: string): Promise<Explanation>;
  /** Takes up what is under way. */
  run(): Promise<void>;
  stop(): Promise<void>;
}
