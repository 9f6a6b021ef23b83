import { concatRows } from "./datatype.ts";
import { findBatchTrouble } from "./onnx/probe/batch-check.ts";
import { quantile, takeTimes } from "./onnx/probe/measure.ts";
import type { ProbeReport } from "./onnx/probe/report.ts";
import type { Replica } from "./runtime.ts";
import type { OutputSpec } from "./signature.ts";
import type { Tensor } from "./tensor.ts";

export interface TryOptions {
  /** Requests of one row each, at best different ones. */
  readonly rows: readonly (readonly Tensor[])[];
  /** Whether the model says that rows may share a run. */
  readonly batched: boolean;
  /** Time for the timed runs together. */
  readonly budgetMs: number;
}

/** What a copy showed that was tried. */
export interface TriedReplica extends Pick<ProbeReport, "runs" | "unmeasured" | "notes"> {
  /** As they came out, the batch left open; none where every run failed. */
  readonly outputs: readonly OutputSpec[];
  readonly batched: boolean;
}

/** Runs a copy on rows of its author's or made-up ones: what comes out, whether rows can share a run, and how long it takes. */
export async function tryReplica(replica: Replica, { rows, batched, budgetMs }: TryOptions): Promise<TriedReplica> {
  const answered: { inputs: readonly Tensor[]; outputs: readonly Tensor[] }[] = [];
  let firstMs: number | null = null;
  let failure = "there is no row to try it with";
  for (const inputs of rows) {
    const start = performance.now();
    try {
      const outputs = await replica.run(inputs);
      firstMs ??= performance.now() - start;
      answered.push({ inputs, outputs });
    } catch (error) {
      failure = (error as Error).message;
    }
  }
  const [good] = answered;
  if (good === undefined || firstMs === null)
    return { outputs: [], batched, runs: null, unmeasured: failure, notes: [] };
  const trouble = batched ? await findTrouble(replica, answered) : null;
  const together = batched && trouble === null;
  const times = firstMs > budgetMs ? [firstMs] : await takeTimes(() => replica.run(good.inputs), budgetMs);
  const runs = { firstMs, p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), count: times.length };
  const notes = trouble === null ? [] : [`Rows do not share a run: ${trouble}.`];
  return { outputs: toSpecs(answered, together), batched: together, runs, unmeasured: null, notes };
}

async function findTrouble(
  replica: Replica,
  answered: readonly { inputs: readonly Tensor[]; outputs: readonly Tensor[] }[],
): Promise<string | null> {
  // One row tells nothing by itself; the same one thrice at least shows the shapes.
  const three = answered.length >= 3 ? answered.slice(0, 3) : [answered[0]!, answered.at(-1)!, answered[0]!];
  const inputs = three[0]!.inputs.map((_, i) => concatRows(three.map((each) => each.inputs[i]!)));
  try {
    return findBatchTrouble(
      three.map(({ outputs }) => outputs),
      await replica.run(inputs),
    );
  } catch (error) {
    return `it fails on 3 rows (${(error as Error).message.replace(/\.$/, "")})`;
  }
}

/** Sizes that differ from row to row are left open, as the batch is. */
function toSpecs(answered: readonly { outputs: readonly Tensor[] }[], batched: boolean): OutputSpec[] {
  return answered[0]!.outputs.map(({ name, datatype, shape }, i) => ({
    name,
    datatype,
    shape: shape.map((size, dimension) => {
      const same = answered.every(({ outputs }) => outputs[i]?.shape[dimension] === size);
      return (dimension === 0 && batched) || !same ? -1 : size;
    }),
  }));
}
