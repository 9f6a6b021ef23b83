/** Three digits that matter, without an exponent where it can be read without: 0.0123, 4.2, 12,034. */
export function figureText(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "";
  const size = Math.abs(value);
  if (size >= 1000) return size < 1e9 ? Math.round(value).toLocaleString("en-US") : value.toExponential(2);
  if (size !== 0 && size < 0.0005) return value.toExponential(1);
  return String(Number(value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3)));
}

/** A p-value: what is smaller than anybody can mean is only said to be so. */
export function pText(p: number | null | undefined): string {
  if (p === null || p === undefined || Number.isNaN(p)) return "";
  if (p < 1e-12) return "<1e-12";
  return p < 0.001 ? p.toExponential(0) : String(Number(p.toFixed(3)));
}

/** 0.0412 -> "4.1 %". */
export function shareText(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "";
  const percent = share * 100;
  if (percent !== 0 && Math.abs(percent) < 0.1) return "<0.1 %";
  return `${Number(percent.toFixed(percent >= 10 || percent === 0 ? 0 : 1))} %`;
}

/** "one row", "1,243 rows". */
export function countText(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}
