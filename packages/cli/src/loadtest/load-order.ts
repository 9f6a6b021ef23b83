import type { LiveLoad } from "./open-loop.ts";
import type { LoadReport } from "./load-report.ts";

interface OrderBase {
  readonly durationMs: number;
  readonly warmUpMs: number;
  readonly sloMs: number;
  /** At most, of an open loop; all of them, of a closed one. */
  readonly connections: number;
  /** How long after the last request answers are waited for; 5 s. */
  readonly patienceMs?: number;
}

/** One load, as it is told to the thread that makes it. */
export type LoadOrder = OrderBase &
  (
    | {
        readonly kind: "rate";
        readonly perSecond: number;
        readonly arrivals: "uniform" | "poisson";
        readonly seed: number;
      }
    | { readonly kind: "trace"; readonly offsetsMs: readonly number[] }
    | { readonly kind: "closed" }
  );

/** What the thread begins with: where requests go, and the bytes of each. */
export interface LoadSetup {
  readonly url: string;
  readonly prepared: readonly Uint8Array[];
}

export type ToLoadThread = { readonly kind: "run"; readonly order: LoadOrder } | { readonly kind: "stop" };
export type FromLoadThread =
  | { readonly kind: "progress"; readonly live: LiveLoad }
  | { readonly kind: "done"; readonly report: LoadReport }
  | { readonly kind: "failed"; readonly message: string };
