import { UsageError } from "../exit-codes.ts";

/** A SHA-256 as people paste it: in capitals too, or with `sha256:` before it. @throws UsageError */
export function parseDigest(text: string): string {
  const digest = text.toLowerCase().replace(/^sha256:/, "");
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new UsageError("--expect takes a SHA-256: 64 hexadecimal digits.");
}
