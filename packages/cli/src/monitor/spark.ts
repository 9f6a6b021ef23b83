const blocks = " ▁▂▃▄▅▆▇█";

/**
 * Shares as bars of one line, `width` of them at most: as many neighbours are added up for each bar. `top` is the share of the
 * highest bar, so that two lines can have one scale.
 */
export function toSpark(shares: readonly number[], width: number, top: number = topOf([shares], width)): string {
  return merge(shares, width)
    .map((share) => blocks[share <= 0 || top <= 0 ? 0 : Math.max(1, Math.min(8, Math.round((share / top) * 8)))])
    .join("");
}

/** The highest bar of several lines. */
export function topOf(lists: readonly (readonly number[])[], width: number): number {
  return Math.max(0, ...lists.flatMap((shares) => merge(shares, width)));
}

function merge(shares: readonly number[], width: number): number[] {
  if (shares.length <= width) return [...shares];
  const each = Math.ceil(shares.length / width);
  const bars = Array.from({ length: Math.ceil(shares.length / each) }, () => 0);
  for (const [i, share] of shares.entries()) bars[Math.floor(i / each)]! += share;
  return bars;
}

const marks: Readonly<Record<string, string>> = { p: "·", f: "✗", i: "◌", e: "!", "-": " " };

/** Verdicts of the last windows as marks, the latest last. */
export function toMarks(recent: string, width: number): string {
  return Array.from(recent.slice(-width))
    .map((letter) => marks[letter] ?? "?")
    .join("");
}
