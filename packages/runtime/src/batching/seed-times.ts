import { makeUpInputs } from "../onnx/warm-up.ts";
import type { Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { RunTimes } from "./run-times.ts";

export interface SeedOptions {
  readonly times: RunTimes;
  /** Most rows of a run. */
  readonly maxRows: number;
  readonly monotonic: () => number;
  /** Runs block this thread, so that what else the loop does is no time of theirs. */
  readonly inLoop: boolean;
}

/** The first size is tried until its time has settled. */
const sizes = [1, 1, 1, 2, 8, 32, 128];
/** No run is tried that would take longer, milliseconds. */
const longestMs = 20;

/** Lets a replica show how long runs take, before anybody waits for them. A model that refuses made-up values teaches nothing. */
export async function seedTimes(replica: Replica, signature: Signature, options: SeedOptions): Promise<void> {
  const { times, maxRows, monotonic, inLoop } = options;
  try {
    for (const rows of signature.batched ? sizes : [1, 1, 1]) {
      if (rows > maxRows || times.predict(rows) > longestMs) return;
      const inputs = makeUpInputs(signature, rows);
      let startedAt = monotonic();
      if (inLoop) setImmediate(() => (startedAt = monotonic()));
      await replica.run(inputs);
      times.observe(rows, monotonic() - startedAt);
    }
  } catch {
    // Callers' values may well do.
  }
}
