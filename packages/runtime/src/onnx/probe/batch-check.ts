import { numberAt } from "../../datatype.ts";
import type { Tensor } from "../../tensor.ts";

/**
 * Whether a run of several rows answers each row as a run of its own does: null where it does, else the reason why rows of
 * different callers must not share a run. `singles[i]` are the outputs of row i alone, `together` those of all rows.
 */
export function findBatchTrouble(singles: readonly (readonly Tensor[])[], together: readonly Tensor[]): string | null {
  const rows = singles.length;
  for (const [index, output] of together.entries()) {
    const name = JSON.stringify(output.name);
    if (output.shape[0] !== rows)
      return `for ${rows === 1 ? "one row" : `${rows} rows`} the output ${name} has the shape [${output.shape.join(", ")}]`;
    const width = output.data.length / rows;
    for (const [row, single] of singles.entries()) {
      const alone = single[index]!;
      if (alone.data.length !== width) return `the output ${name} of a row depends on the rows beside it`;
      for (let i = 0; i < width; i++)
        if (!isClose([output, row * width + i], [alone, i]))
          return `the output ${name} of a row depends on the rows beside it`;
    }
  }
  return null;
}

type Element = readonly [tensor: Tensor, index: number];

/** Sums of floats may come out in another order in a batch. */
function isClose([a, i]: Element, [b, j]: Element): boolean {
  if (a.datatype === "BYTES") return a.data[i] === b.data[j];
  const [x, y] = [numberAt(a, i), numberAt(b, j)];
  if (Object.is(x, y) || x === y) return true;
  const tolerance = a.datatype === "FP16" ? 1e-2 : 1e-3;
  return Math.abs(x - y) <= tolerance * Math.max(Math.abs(x), Math.abs(y), 1e-2);
}
