import { SlipwayError } from "@slipway/contract/errors";
import { readClasses } from "../codec/predictions.ts";
import { createData, sliceRows, toHalfBits } from "../datatype.ts";
import type { Replica } from "../runtime.ts";
import type { OutputSpec, Signature } from "../signature.ts";
import type { Tensor } from "../tensor.ts";
import { compareTensors } from "./compare-tensors.ts";
import type { Examples, ExpectedOutput } from "./examples.ts";
import { createParityTally, type ParityReport, type RunRows } from "./parity-report.ts";

export interface RunExamplesOptions {
  /** Most rows of one run; 256 unless given. */
  readonly maxRows?: number;
  /** So many rows are asked alone, too, spread over all of them; 16 unless given. */
  readonly alone?: number;
  /** Looked at between two runs. */
  readonly signal?: AbortSignal;
}

/** A run should not take longer, for it may be in the thread of the event loop. */
const sliceMs = 3;
const mostAlone = 16;

/**
 * Runs examples on one loaded copy of a model and compares what comes out: every row in batches and, of a batched model, some
 * rows spread over all of them alone too, so that sharing a run cannot change an answer unseen. Between two runs the event
 * loop goes on.
 * @throws SlipwayError what the replica throws, `model_failed` for outputs that are not as the signature says
 */
export async function runExamples(
  replica: Replica,
  signature: Signature,
  ...[examples, options = {}]: [examples: Examples, options?: RunExamplesOptions]
): Promise<ParityReport> {
  const tally = createParityTally(examples);
  const run = createRun({ replica, signature, examples }, tally.add);
  if (signature.batched) {
    const [inputs = []] = examples.requests;
    await runBatches(examples.rows, options, (from, to) =>
      run(
        inputs.map((tensor) => sliceRows(tensor, from, to)),
        { from, to, alone: false },
      ),
    );
    for (const row of examples.rows > 1 ? spread(examples.rows, options.alone ?? mostAlone) : []) {
      options.signal?.throwIfAborted();
      await run(
        inputs.map((tensor) => sliceRows(tensor, row, row + 1)),
        { from: row, to: row + 1, alone: true },
      );
      await nextTurn();
    }
  } else {
    for (const [row, inputs] of examples.requests.entries()) {
      options.signal?.throwIfAborted();
      await run(inputs, { from: row, to: row + 1, alone: true });
      await nextTurn();
    }
  }
  return tally.report();
}

/** Larger and larger runs, as long as they are quick. */
async function runBatches(
  rows: number,
  { maxRows = 256, signal }: RunExamplesOptions,
  run: (from: number, to: number) => Promise<void>,
): Promise<void> {
  let size = Math.min(8, maxRows);
  for (let from = 0; from < rows;) {
    signal?.throwIfAborted();
    const to = Math.min(rows, from + size);
    const startedAt = performance.now();
    await run(from, to);
    const took = performance.now() - startedAt;
    from = to;
    size = took > sliceMs ? Math.max(2, Math.floor(size / 2)) : took < sliceMs / 3 ? Math.min(maxRows, size * 2) : size;
    await nextTurn();
  }
}

function createRun(
  { replica, signature, examples }: { replica: Replica; signature: Signature; examples: Examples },
  add: ReturnType<typeof createParityTally>["add"],
) {
  const indexOf = new Map(signature.outputs.map((spec, index) => [spec.name, index]));
  return async (inputs: readonly Tensor[], rows: RunRows): Promise<void> => {
    const outputs = await replica.run(inputs);
    for (const expected of examples.expected) {
      const index = indexOf.get(expected.output) ?? -1;
      const [spec, tensor] = [signature.outputs[index], outputs[index]];
      if (spec === undefined || tensor === undefined)
        throw new SlipwayError("model_failed", `The model gave no output ${JSON.stringify(expected.output)}.`);
      const wanted = sliceRows(expected.tensor, rows.from, rows.to);
      const got = toComparable(spec, tensor, { expected, wanted, batched: signature.batched });
      add({ expected, spec, rows, wanted, got, found: compareTensors(wanted, got, examples.tolerance) });
    }
  };
}

/** What the model gave, in the form in which the expectation is written. */
function toComparable(
  spec: OutputSpec,
  tensor: Tensor,
  { expected, wanted, batched }: { expected: ExpectedOutput; wanted: Tensor; batched: boolean },
): Tensor {
  const rows = wanted.shape[0]!;
  // [N] and [N, 1] hold the same; a different number of elements stays different.
  if (expected.form === "value")
    return tensor.data.length === wanted.data.length ? { ...tensor, shape: wanted.shape } : tensor;
  const reader = readClasses(spec, tensor, { rows, batched });
  if (expected.form === "class") {
    const data = Int32Array.from({ length: rows }, (_, row) => reader.chosen(row));
    return { ...wanted, data };
  }
  const data = createData(wanted.datatype, wanted.data.length) as Float64Array;
  const width = expected.classes.length;
  for (let i = 0; i < data.length; i++) {
    const value = reader.probability(Math.floor(i / width), expected.classes[i % width]!);
    data[i] = wanted.datatype === "FP16" ? toHalfBits(value) : value;
  }
  return { ...wanted, data };
}

/** The first, the last and others between, evenly. */
function spread(rows: number, most: number): number[] {
  const count = Math.min(rows, most);
  return Array.from({ length: count }, (_, i) => Math.round((i * (rows - 1)) / Math.max(1, count - 1)));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
