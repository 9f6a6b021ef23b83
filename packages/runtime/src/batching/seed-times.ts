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

const sizes = [1, 4, 16, 64, 256];
/** Runs of a size; the first one allocates what the others use again, and does not count. */
const rounds = 4;
/** No size is tried that would take longer in all, milliseconds. */
const longestMs = 40;

/** Lets a replica show how long runs take, before anybody waits for them. A model that refuses made-up values teaches nothing. */
export async function seedTimes(replica: Replica, signature: Signature, options: SeedOptions): Promise<void> {
  const { times, maxRows, monotonic, inLoop } = options;
  try {
    for (const rows of signature.batched ? sizes : [1]) {
      if (rows > maxRows || rounds * times.predict(rows) > longestMs) return;
      const inputs = makeUpInputs(signature, rows);
      for (let round = 0; round < rounds; round++) {
        let startedAt = monotonic();
        if (inLoop) setImmediate(() => (startedAt = monotonic()));
        await replica.run(inputs);
        if (round > 0) times.observe(rows, monotonic() - startedAt);
      }
    }
  } catch {
    // Callers' values may well do.
  }
}
