import { SlipwayError } from "./errors.ts";

/** `512MiB`, `2GB`, `1.5GiB`. */
export const sizePattern = /^(\d{1,9}(?:\.\d{1,6})?)\s?(KiB|MiB|GiB|kB|KB|MB|GB)$/;

const unitBytes: Readonly<Record<string, number>> = {
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** Whole bytes. @throws SlipwayError `invalid_request` */
export function parseSize(text: string, what = "size"): number {
  const match = sizePattern.exec(text);
  const unit = unitBytes[match?.[2] ?? ""];
  if (match === null || unit === undefined)
    throw new SlipwayError(
      "invalid_request",
      `${JSON.stringify(text)} is not a valid ${what}: write a number and a unit (KiB, MiB, GiB, kB, MB or GB), such as 512MiB.`,
      { [what]: text },
    );
  return Math.round(Number(match[1]) * unit);
}
