/**
 * The range of a sample, widened to the next half of a power of ten of its width: what was seen is rarely all that there
 * is, and 4.3 to 7.9 is no bound that anybody chose. A range that begins at or above zero stays there.
 * @returns null where there is nothing to widen: one value only
 */
export function roundOutward([low, high]: readonly [number, number]): readonly [number, number] | null {
  const width = high - low;
  if (!(width > 0)) return null;
  const exponent = Math.floor(Math.log10(width));
  // Where powers of ten have no digits left in a double.
  if (Math.abs(exponent) > 90) return [low, high];
  const step = 10 ** exponent / 2;
  const down = exact(Math.floor(low / step) * step, exponent);
  const up = exact(Math.ceil(high / step) * step, exponent);
  // So far from zero that a double cannot tell the steps apart.
  return [Math.min(down, low), Math.max(up, high)];
}

/** Without what binary fractions leave behind: 0.30000000000000004 is 0.3. */
function exact(value: number, exponent: number): number {
  return Number(value.toFixed(Math.max(0, 1 - exponent))) + 0;
}
