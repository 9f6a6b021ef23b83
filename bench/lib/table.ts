/** Repeats of several peers, taken in turn so that a slow minute of the machine meets all of them. */
export interface Comparison {
  /** Peer -> figure -> one value a repeat. */
  readonly peers: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
}

/** Runs every peer once a repeat, A B C A B C ..., and collects the figures that each one returns. */
export async function alternate(
  repeats: number,
  peers: Readonly<Record<string, () => Promise<Readonly<Record<string, number>>>>>,
): Promise<Comparison> {
  const result: Record<string, Record<string, number[]>> = {};
  for (let repeat = 0; repeat < repeats; repeat++)
    for (const [peer, run] of Object.entries(peers))
      for (const [figure, value] of Object.entries(await run())) ((result[peer] ??= {})[figure] ??= []).push(value);
  return { peers: result };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The ratio of two peers, pair by pair of one repeat; a median of ratios survives a machine that gets slower. */
export function ratios({ peers }: Comparison, pair: { figure: string; of: string; to: string }): readonly number[] {
  const [a = [], b = []] = [peers[pair.of]?.[pair.figure], peers[pair.to]?.[pair.figure]];
  return a.slice(0, b.length).map((value, at) => value / b[at]!);
}

/** A Markdown table: a row a figure, a column a peer; median, and minimum to maximum where there are several. */
export function toTable({ peers }: Comparison): string {
  const names = Object.keys(peers);
  const figures = [...new Set(names.flatMap((name) => Object.keys(peers[name] ?? {})))];
  const rows = figures.map((figure) => [figure, ...names.map((name) => toCell(peers[name]?.[figure] ?? []))]);
  return toMarkdown([["figure", ...names], ...rows]);
}

/** @param rows the first one is the head */
export function toMarkdown(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => `| ${row.join(" | ")} |`);
  return [lines[0], `|${"---|".repeat(rows[0]?.length ?? 0)}`, ...lines.slice(1)].join("\n");
}

export function toCell(values: readonly number[]): string {
  if (values.length === 0) return "";
  const middle = toFigure(median(values));
  return values.length === 1
    ? middle
    : `${middle} (${toFigure(Math.min(...values))} to ${toFigure(Math.max(...values))})`;
}

/** Three significant digits, and whole numbers from 100 on. */
export function toFigure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(3)));
}
