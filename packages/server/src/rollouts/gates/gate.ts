import { SlipwayError } from "@slipway/contract";
import type { Endpoint } from "../../endpoints/index.ts";
import type { VerifiedVersion } from "../../registry/index.ts";
import type { GateResult } from "../observations.ts";
import type { Rollout } from "../rollout.ts";
import type { RolloutSpec } from "../spec.ts";

export type GateSpec = RolloutSpec["gates"][number];
/** One with its settings: `{latency: {p99: 50ms}}`. */
export type SettingsOf<Name extends string> = Extract<GateSpec, Readonly<Record<Name, unknown>>>[Name &
  keyof Extract<GateSpec, Readonly<Record<Name, unknown>>>];

/** What a gate looks at. */
export interface GateJob {
  readonly rollout: Rollout;
  readonly endpoint: Endpoint;
  readonly candidate: VerifiedVersion;
  /** What serves now. */
  readonly champion: VerifiedVersion;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string, fraction?: number | null) => void;
}

export type Finding = Omit<GateResult, "gate">;
/** Says what it found; what it throws becomes the verdict `error`. */
export type Check = (job: GateJob) => Promise<Finding>;

/** `signature`, `offline`, or the name of one's own command. */
export function kindOf(gate: GateSpec): string {
  if (typeof gate === "string") return gate;
  return "command" in gate ? gate.name : Object.keys(gate)[0]!;
}

/** A name for each, in their order: the second `offline` is `offline-2`. */
export function nameGates(gates: readonly GateSpec[]): string[] {
  const seen = new Map<string, number>();
  return gates.map((gate) => {
    const kind = kindOf(gate);
    const count = (seen.get(kind) ?? 0) + 1;
    seen.set(kind, count);
    return count === 1 ? kind : `${kind}-${count}`;
  });
}

export function addressOf({ model, version }: { readonly model: string; readonly version: number }): string {
  return `${model}@${version}`;
}

/** It could not be looked at. */
export function toErrorFinding(error: unknown): Finding {
  if (SlipwayError.is(error))
    return { verdict: "error", message: error.message, evidence: { code: error.code, ...error.details } };
  return { verdict: "error", message: `It could not be looked at: ${String(error)}`, evidence: {} };
}
