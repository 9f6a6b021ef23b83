import { createHash } from "node:crypto";
import { SlipwayError } from "@slipway/contract/errors";

/** The last entry of a sealed archive: size and SHA-256 of every other one, so that a cut or changed archive is noticed. */
export const manifestName = "manifest.json";
const manifestFormat = 1;

/** One file in an archive, as its manifest lists it. */
export interface SealedEntry {
  readonly name: string;
  readonly size: number;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
}

export function toManifest(entries: readonly SealedEntry[]): string {
  return `${JSON.stringify({ format: manifestFormat, sha256: digestOf(entries), entries })}\n`;
}

/** @throws SlipwayError `invalid_file` */
export function parseManifest(text: string): readonly SealedEntry[] {
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw damaged();
  }
  const { format, sha256, entries } = parsed ?? {};
  if (typeof format === "number" && format > manifestFormat)
    throw new SlipwayError(
      "data_folder_newer",
      `The list at the archive's end has the format ${format}; this Slipway knows ${manifestFormat}. Use the newer Slipway.`,
    );
  if (!Array.isArray(entries) || sha256 !== digestOf(entries as SealedEntry[])) throw damaged();
  return entries as SealedEntry[];
}

function digestOf(entries: readonly SealedEntry[]): string {
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}

function damaged(): SlipwayError {
  return new SlipwayError("invalid_file", "The list of contents at the archive's end is damaged. Take another copy.");
}
