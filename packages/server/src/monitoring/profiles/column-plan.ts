import { createHash } from "node:crypto";

/** How one column is looked at. Names are those of the lake's view `predictions`. */
export interface ColumnPlan {
  readonly name: string;
  /** `field`: of the named fields of a request that are no inputs. */
  readonly role: "input" | "output" | "field";
  readonly kind: "number" | "category";
  /** Of numbers: the inner and outer edges of the reference's bins, ascending, two at least; null: nothing is known of them. */
  readonly edges: Float64Array | null;
  /** Of categories: the known ones; null: any. */
  readonly categories: readonly string[] | null;
  /** Of numbers, inclusive; null: any. */
  readonly range: readonly [number, number] | null;
  readonly nullable: boolean;
}

export interface ProfilePlan {
  /** Of the columns: profiles of the same plan have the same bins. */
  readonly id: string;
  readonly columns: readonly ColumnPlan[];
}

/** @throws RangeError where a column is there twice or its edges do not ascend */
export function createProfilePlan(columns: readonly ColumnPlan[]): ProfilePlan {
  const names = new Set<string>();
  for (const { name, edges } of columns) {
    if (names.has(name)) throw new RangeError(`The column ${name} is in the plan twice.`);
    names.add(name);
    if (edges === null) continue;
    const ascends = edges.every((edge, i) => Number.isFinite(edge) && (i === 0 || edge > (edges[i - 1] as number)));
    if (edges.length < 2 || !ascends) throw new RangeError(`The edges of ${name} do not ascend.`);
  }
  const told = columns.map(({ name, role, kind, edges, categories, range, nullable }) => [
    name,
    role,
    kind,
    edges === null ? null : [...edges],
    categories,
    range,
    nullable,
  ]);
  return { id: createHash("sha256").update(JSON.stringify(told)).digest("hex").slice(0, 16), columns };
}

/** Counts of a column: below the first edge, between edges, above the last; or each category and all others. */
export function binCount({ kind, edges, categories }: ColumnPlan): number | null {
  if (kind === "number") return edges === null ? null : edges.length + 1;
  return categories === null ? null : categories.length + 1;
}

/** The bin of a number: 0 is below the first edge, an edge belongs to the bin above it, but for the last one. */
export function findBin(edges: Float64Array, value: number): number {
  const last = edges.length - 1;
  if (value >= (edges[last] as number)) return value === edges[last] ? last : last + 1;
  let low = 0;
  let high = last;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] as number) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
