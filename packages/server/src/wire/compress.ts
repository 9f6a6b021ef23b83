import { promisify } from "node:util";
import { deflate, gzip } from "node:zlib";

export type Coding = "gzip" | "deflate";

const codings = { gzip: promisify(gzip), deflate: promisify(deflate) } as const;

/** Below it an answer leaves in one packet anyway. */
const fewBytes = 1024;
/** Where a client names several codings it does so on each request, and only much text is worth the work. */
const muchText = 16 * 1024;

/**
 * The content coding that pays for an answer; null where none does. A client that names one coding alone means it. Numbers as they
 * lie in memory hardly shrink, so they are compressed for nobody else.
 */
export function chooseCoding(
  accepted: string | undefined,
  { type, body }: { readonly type: string; readonly body: string | Uint8Array },
): Coding | null {
  if (accepted === undefined || body.length < fewBytes) return null;
  const names = parseAccepted(accepted);
  const coding = names.includes("gzip") ? "gzip" : names.includes("deflate") ? "deflate" : null;
  const isMeant = names.length === 1;
  const isMuchText = body.length >= muchText && !type.startsWith("application/octet-stream");
  return isMeant || isMuchText ? coding : null;
}

/** What is compressed off the event loop; null where that saves less than a tenth. */
export async function compress(body: string | Uint8Array, coding: Coding): Promise<Buffer | null> {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const compressed = await codings[coding](bytes, { level: 1 });
  return compressed.length < 0.9 * bytes.length ? compressed : null;
}

/** The codings that are accepted at all, without `identity`. */
function parseAccepted(accepted: string): string[] {
  return accepted
    .toLowerCase()
    .split(",")
    .map((part) => part.split(";").map((piece) => piece.trim()))
    .filter(
      ([name, ...rest]) => name !== "" && name !== "identity" && !rest.some((piece) => /^q=0(\.0*)?$/.test(piece)),
    )
    .map(([name]) => name!);
}
