/** The quantile of ascending numbers with linear interpolation (NumPy's default; type 7 of Hyndman and Fan 1996). NaN of none. */
export function quantileOfSorted(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const place = (sorted.length - 1) * q;
  const low = Math.floor(place);
  const value = sorted[low]!;
  const next = sorted[Math.min(low + 1, sorted.length - 1)]!;
  return next === value ? value : value + (next - value) * (place - low);
}
