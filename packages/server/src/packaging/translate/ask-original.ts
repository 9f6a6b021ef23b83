import { SlipwayError } from "@slipway/contract";
import { concatRows, type Replica, type Tensor } from "@slipway/runtime";
import { sliceAll } from "./read-sample.ts";

/** What the original said to rows: answers, or errors. */
export interface Asked {
  /** Rows that it answered, in the order in which `outputs` has them. */
  readonly answered: readonly number[];
  readonly outputs: readonly Tensor[];
  /** Rows that it answers with an error. */
  readonly refused: readonly number[];
}

export interface AskOptions {
  /** Rows that are asked by themselves, as they may well be refused and would spoil their run. */
  readonly alone: ReadonlySet<number>;
  /** From this row on all are asked; of those before so many as time allows. */
  readonly from: number;
  /** So many of those before are asked whatever it takes. */
  readonly atLeast: number;
  readonly budgetMs: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number) => void;
}

const batchRows = 128;

/**
 * Asks the original about rows, many at once, and again one by one where it refuses some of them.
 * @throws SlipwayError `model_failed` where it does not survive one
 */
export async function askOriginal(original: Replica, inputs: readonly Tensor[], options: AskOptions): Promise<Asked> {
  const rows = inputs[0]!.shape[0]!;
  const answers: { readonly from: number; readonly to: number; readonly outputs: readonly Tensor[] }[] = [];
  const refused: number[] = [];

  async function ask(from: number, to: number): Promise<void> {
    options.signal?.throwIfAborted();
    const outputs = await tryRun(original, sliceAll(inputs, from, to));
    if (outputs !== null) answers.push({ from, to, outputs });
    else if (to - from === 1) refused.push(from);
    else {
      const middle = from + Math.ceil((to - from) / 2);
      await ask(from, middle);
      await ask(middle, to);
    }
  }

  const startedAt = performance.now();
  for (let from = 0; from < rows;) {
    const isLate = performance.now() - startedAt > options.budgetMs;
    if (isLate && from < options.from && from >= options.atLeast) from = options.from;
    const to = findEnd(
      from,
      Math.min(rows, from < options.from ? Math.min(from + batchRows, options.from) : from + batchRows),
      options.alone,
    );
    await ask(from, to);
    options.onProgress?.(to);
    from = to;
  }
  const answered = answers.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i));
  const width = answers[0]?.outputs.length ?? 0;
  const outputs = Array.from({ length: width }, (_, i) => concatRows(answers.map((answer) => answer.outputs[i]!)));
  return { answered, outputs, refused };
}

/** Up to the next row that is asked by itself. */
function findEnd(from: number, to: number, alone: ReadonlySet<number>): number {
  if (alone.has(from)) return from + 1;
  for (let row = from + 1; row < to; row++) if (alone.has(row)) return row;
  return to;
}

/** Null: it answers with an error. @throws SlipwayError where it is gone */
export async function tryRun(replica: Replica, inputs: readonly Tensor[]): Promise<readonly Tensor[] | null> {
  try {
    return await replica.run(inputs);
  } catch (error) {
    const isError = SlipwayError.is(error) && ["invalid_input", "model_failed"].includes(error.code);
    if (!isError) throw error;
    if (replica.ready === false)
      throw new SlipwayError("model_failed", `The process of the original ended while it was asked: ${error.message}`);
    return null;
  }
}
