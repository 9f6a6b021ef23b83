import { sliceRows, type RefusedValues, type Replica, type Signature, type Tensor } from "@slipway/runtime";
import { tryRun } from "./ask-original.ts";
import type { EdgeRow } from "./edge-rows.ts";
import type { ModelHints } from "./edge-values.ts";
import { sliceAll } from "./read-sample.ts";

export interface Refusals {
  readonly signature: Signature;
  readonly edges: readonly EdgeRow[];
  readonly refused: ReadonlySet<number>;
  readonly known: ModelHints["known"];
  /** All rows, as the model takes them. */
  readonly inputs: readonly Tensor[];
}

/**
 * What the original refuses of each column, as the made-up rows show it: a translation, which has no errors of its own, is to
 * refuse the same.
 */
export async function learnRefusals(original: Replica, facts: Refusals): Promise<Record<string, RefusedValues>> {
  const { signature, edges, refused, known } = facts;
  const found: Record<string, RefusedValues> = {};
  for (const [column, { name, datatype }] of signature.inputs.entries()) {
    const own = edges.filter((edge) => edge.column === column);
    const isRefused = (kind: EdgeRow["kind"]) => own.some((edge) => edge.kind === kind && refused.has(edge.row));
    const isAlways = (kind: EdgeRow["kind"]) =>
      own.some((edge) => edge.kind === kind) && own.every((edge) => edge.kind !== kind || refused.has(edge.row));
    const others = isAlways("unseen") ? known[name] : undefined;
    const limits =
      isRefused("huge") && datatype.startsWith("FP") && !others ? await findLimits(original, facts, column) : null;
    const values: RefusedValues = {
      ...(isAlways("missing") && { missing: true as const }),
      ...(isAlways("infinite") && { infinite: true as const }),
      ...(limits !== null && { limits }),
      ...(others !== undefined && { others }),
    };
    if (Object.keys(values).length > 0) found[name] = values;
  }
  return found;
}

/** The largest double that rounds to a finite single. */
const mostForSingle = 3.4028235677973362e38;
const afterIt = 3.4028235677973366e38;

/** The least and the largest number that the column takes. */
async function findLimits(
  original: Replica,
  { signature, edges, inputs }: Refusals,
  column: number,
): Promise<readonly [number, number]> {
  const { row } = edges.find((edge) => edge.column === column)!;
  const base = sliceAll(inputs, row, row + 1);
  const takes = async (value: number) =>
    (await tryRun(original, withValue(signature, base, { column, value }))) !== null;
  const most = await findMost((value) => takes(value));
  const least = await findMost((value) => takes(-value));
  return [-least, most];
}

async function findMost(takes: (value: number) => Promise<boolean>): Promise<number> {
  if (await takes(Number.MAX_VALUE)) return Number.MAX_VALUE;
  if ((await takes(mostForSingle)) && !(await takes(afterIt))) return mostForSingle;
  // Doubles above zero are in the order of their bits.
  let [low, high] = [toBits(1), toBits(Number.MAX_VALUE)];
  if (!(await takes(1))) return Number.MAX_VALUE;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await takes(fromBits(middle))) low = middle;
    else high = middle;
  }
  return fromBits(low);
}

function withValue(
  { inputs, packed }: Signature,
  base: readonly Tensor[],
  { column, value }: { readonly column: number; readonly value: number },
): Tensor[] {
  return base.map((tensor, i) => {
    if (packed === null && i !== column) return tensor;
    const copy = sliceRows(tensor, 0, 1);
    const data = (copy.data as Float64Array).slice();
    data[packed === null ? 0 : column % inputs.length] = value;
    return { ...copy, data };
  });
}

const doubles = new Float64Array(1);
const bits = new BigInt64Array(doubles.buffer);

function toBits(value: number): bigint {
  doubles[0] = value;
  return bits[0]!;
}

function fromBits(value: bigint): number {
  bits[0] = value;
  return doubles[0]!;
}
