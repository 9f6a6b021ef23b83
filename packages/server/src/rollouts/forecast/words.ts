const units = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1000],
] as const;

/** "36 min", "3 h 20 min", "2 days 4 h". */
export function spanText(ms: number): string {
  if (ms < 1000) return "a second";
  const at = units.findIndex(([, size]) => ms >= size);
  const [unit, size] = units[at]!;
  const count = Math.floor(ms / size);
  const [smaller, smallSize] = units[at + 1] ?? ["", 0];
  const rest = smallSize === 0 || count >= 10 ? 0 : Math.floor((ms - count * size) / smallSize);
  const first = `${count} ${unit}${unit === "day" && count !== 1 ? "s" : ""}`;
  return rest === 0 ? first : `${first} ${rest} ${smaller}`;
}

/** Two digits that matter, without an exponent: 87,000. */
export function aboutText(count: number): string {
  return Number(count.toPrecision(2)).toLocaleString("en-GB");
}

/** 0.0123 -> "1.2 %". */
export function rateText(rate: number): string {
  return `${Number((100 * rate).toPrecision(2))} %`;
}

/** "40 requests a second", "12 requests an hour". */
export function paceText(perSecond: number, what: string): string {
  if (perSecond >= 1) return `${aboutText(perSecond)} ${what} a second`;
  if (perSecond * 60 >= 1) return `${aboutText(perSecond * 60)} ${what} a minute`;
  return `${aboutText(perSecond * 3600)} ${what} an hour`;
}

const ordinals = ["", "the first step", "the second step", "the third step"];

/** @param index from 0 */
export function stepName(index: number): string {
  return ordinals[index + 1] ?? `step ${index + 1}`;
}
