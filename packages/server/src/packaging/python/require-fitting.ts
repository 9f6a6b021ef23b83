import { SlipwayError } from "@slipway/contract";
import type { TriedReplica } from "@slipway/runtime";

/** Errors of code that does not fit its packages, which every other row would meet as well. */
const unfit = /\b(?:AttributeError|ImportError|ModuleNotFoundError|NameError|NotImplementedError)\b/;

/** @throws SlipwayError `invalid_model` where a model opens but cannot run in this environment; `notes` may tell why */
export function requireFitting(
  file: string,
  { runs, unmeasured }: Pick<TriedReplica, "runs" | "unmeasured">,
  notes: readonly string[],
): void {
  if (runs !== null || unmeasured === null || !unfit.test(unmeasured)) return;
  const why = [unmeasured, ...notes].map((text) => text.replace(/\.$/, "")).join(". ");
  throw new SlipwayError("invalid_model", `${file} opens, but fails on every row that it was tried with: ${why}.`, {
    file,
  });
}
