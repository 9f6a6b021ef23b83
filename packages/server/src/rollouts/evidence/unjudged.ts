import type { Evidence, Verdict } from "../verdict.ts";
import type { Compared } from "./compared.ts";

export interface Unjudged {
  readonly verdict: Verdict;
  readonly message: string;
  readonly window: readonly [from: number, to: number];
}

/** Where there are no figures, and why. */
export function toUnjudged({ role, spec }: Compared, { verdict, message, window }: Unjudged): Evidence {
  const nothing = { arms: [], estimate: null, interval: null, eValue: null, p: null };
  return {
    metric: spec.name,
    role,
    verdict,
    message: `${spec.name}: ${message}`,
    ...nothing,
    alpha: spec.alpha,
    window,
  };
}
