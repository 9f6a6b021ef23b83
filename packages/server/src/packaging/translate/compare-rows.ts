import {
  runExamples,
  sliceRows,
  type Examples,
  type ParityReport,
  type Replica,
  type Signature,
  type Tensor,
  type Tolerance,
} from "@slipway/runtime";
import { tryRun, type Asked } from "./ask-original.ts";
import { sliceAll } from "./read-sample.ts";

export interface Comparison {
  /** Of the rows that the original answers. */
  readonly report: ParityReport;
  /** Why the translation is not faithful, as a sentence; null: it is. */
  readonly trouble: string | null;
}

export interface ComparedRows {
  readonly signature: Signature;
  readonly inputs: readonly Tensor[];
  readonly asked: Asked;
  readonly tolerance: Tolerance;
  readonly signal?: AbortSignal;
}

/** So many rows are asked by themselves, too. */
const alone = 1000;

/** Asks a translation what the original was asked, in batches and alone. */
export async function compareRows(translated: Replica, rows: ComparedRows): Promise<Comparison> {
  const { signature, inputs, asked, tolerance, signal } = rows;
  const examples: Examples = {
    rows: asked.answered.length,
    tolerance,
    requests: [inputs.map((tensor) => pickRows(tensor, asked.answered))],
    expected: asked.outputs.map((tensor) => ({ output: tensor.name, form: "value", classes: [], tensor })),
  };
  const report = await runExamples(translated, signature, examples, { alone, ...(signal && { signal }) });
  if (!report.within) return { report, trouble: describeDifference(report, rows) };
  for (const row of asked.refused) {
    signal?.throwIfAborted();
    if ((await tryRun(translated, sliceAll(inputs, row, row + 1))) === null) continue;
    return { report, trouble: `The translation answers what the original refuses: ${describeRow(rows, row)}.` };
  }
  return { report, trouble: null };
}

function describeDifference(report: ParityReport, rows: ComparedRows): string {
  const { mismatchCount: count, worst, tolerance } = report;
  const most = `${tolerance.absolute} + ${tolerance.relative} * |expected|`;
  const differ = `${count} ${count === 1 ? "answer differs" : "answers differ"} by more than ${most}`;
  if (worst === null) return `The translation answers otherwise: of ${report.rows} rows, ${differ}.`;
  const { output, expected, got, row } = worst;
  const found = `${output} is ${JSON.stringify(expected)} in the original, ${JSON.stringify(got)} translated`;
  return `The translation answers otherwise: of ${report.rows} rows, ${differ}; the worst: ${found}, for ${describeRow(rows, rows.asked.answered[row]!)}.`;
}

function describeRow({ signature, inputs }: ComparedRows, row: number): string {
  const names = signature.packed === null ? signature.inputs.map(({ name }) => name) : null;
  const said = inputs.flatMap((tensor, i) => {
    const values = sliceRows(tensor, row, row + 1).data as readonly unknown[];
    return Array.from(values, (value, place) => {
      const name = names?.[i] ?? signature.inputs[place]?.name ?? tensor.name;
      return `${name} ${typeof value === "object" ? "missing" : String(value)}`;
    });
  });
  return said.slice(0, 12).join(", ") + (said.length > 12 ? ", ..." : "");
}

/** These rows of a tensor, in this order. */
export function pickRows(tensor: Tensor, rows: readonly number[]): Tensor {
  const count = tensor.shape[0]!;
  if (rows.length === count) return tensor;
  const width = count === 0 ? 0 : tensor.data.length / count;
  const source = tensor.data as readonly unknown[];
  const picked: unknown[] = new Array(rows.length * width);
  for (let i = 0; i < rows.length; i++)
    for (let c = 0; c < width; c++) picked[i * width + c] = source[rows[i]! * width + c];
  const shape = [rows.length, ...tensor.shape.slice(1)];
  const data = Array.isArray(tensor.data) ? picked : (tensor.data.constructor as unknown as ArrayMaker).from(picked);
  return { ...tensor, shape, data: data as Tensor["data"] };
}

interface ArrayMaker {
  from(values: readonly unknown[]): Tensor["data"];
}
