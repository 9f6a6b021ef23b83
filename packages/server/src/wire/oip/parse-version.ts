import { SlipwayError } from "@slipway/contract";

/** The version of a path; null where it names none. @throws SlipwayError `invalid_name` */
export function parseVersion(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new SlipwayError("invalid_name", `${JSON.stringify(text)} is not a version; versions are 1, 2, 3 and so on.`);
}
