import type { Offset } from "@slipway/runtime/log";
import type { toColumns } from "../../../predictions/index.ts";
import type { Watched } from "../../watched.ts";
import type { ProfilePlan } from "../column-plan.ts";
import type { Slice } from "../slices.ts";

export type LakeColumns = ReturnType<typeof toColumns>;

/** How the traffic of one version is profiled. */
export interface LaneSetting {
  /** Differs where anything else here does. */
  readonly key: string;
  readonly plan: ProfilePlan;
  /** Of the version's signature: which tensor is which column. */
  readonly layout: LakeColumns;
  readonly windowMs: number;
  readonly slices: readonly Slice[];
}

export interface ProfileKey extends Watched {
  readonly slice: string;
  readonly from: number;
  readonly to: number;
  readonly planId: string;
}

export interface StoredProfile extends ProfileKey {
  readonly rows: number;
  readonly requests: number;
  readonly bytes: Uint8Array;
}

/** What one minute of a version's traffic adds to what is known of it. */
export interface MinuteCounts {
  readonly endpoint: string;
  /** Empty, with version 0: requests that came to no version. */
  readonly model: string;
  readonly version: number;
  /** Where it begins; milliseconds. */
  readonly minute: number;
  requests: number;
  /** Predictions that were made. */
  rows: number;
  /** Failed for a reason on our side: objectives are about these. */
  errors: number;
  /** Failed for a reason on the caller's side. */
  refused: number;
  fallbacks: number;
  /** Requests by latency: see `latencyEdges`. */
  readonly latency: Float64Array;
}

export interface ReadOrder {
  readonly after: readonly Offset[];
}

/** What is stored in one transaction. */
export interface Commit {
  readonly offsets: readonly Offset[];
  readonly profiles: readonly StoredProfile[];
  readonly minutes: readonly MinuteCounts[];
}

export interface ReadResult {
  readonly records: number;
  readonly rows: number;
  /** Records that could not be read and were passed over. */
  readonly damaged: number;
  /** Lengths of the windows that were written to. */
  readonly windows: readonly number[];
}

/** What the thread asks while it reads. */
export interface Questions {
  /** `have`: the key of the setting it knows; the same one is answered by true, none by null. */
  readonly setting: {
    readonly input: { readonly watched: Watched; readonly have: string | null };
    readonly output: LaneSetting | true | null;
  };
  /** What is stored under each key. */
  readonly load: { readonly input: readonly ProfileKey[]; readonly output: readonly (Uint8Array | null)[] };
  readonly commit: { readonly input: Commit; readonly output: null };
}

export type Ask = <Name extends keyof Questions>(
  name: Name,
  input: Questions[Name]["input"],
) => Promise<Questions[Name]["output"]>;

export type FromReader =
  | { readonly ask: keyof Questions; readonly number: number; readonly input: unknown }
  | { readonly result: ReadResult }
  | { readonly error: string };

export type ToReader =
  | { readonly read: ReadOrder }
  | { readonly number: number; readonly output: unknown }
  | { readonly number: number; readonly failed: true };
