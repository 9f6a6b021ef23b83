import { SlipwayError } from "@slipway/contract";
import { promisify } from "node:util";
import { gunzip, gunzipSync, inflate, inflateRaw, inflateRawSync, inflateSync } from "node:zlib";

/** What a body of few bytes may become in this thread: some tenths of a millisecond of work. */
const most = { bytes: 8 * 1024, inflated: 128 * 1024 } as const;
/** Bodies that are inflated off the loop at the same time: a few bytes may become `limit` each. */
const atOnce = 2;

const kinds = {
  gzip: { sync: gunzipSync, async: promisify(gunzip) },
  deflate: { sync: inflateSync, async: promisify(inflate) },
  raw: { sync: inflateRawSync, async: promisify(inflateRaw) },
} as const;

/**
 * A body without its content coding, gzip or deflate.
 * @throws SlipwayError `unsupported_media_type` for other codings, `too_large` beyond `limit`, `invalid_request` for what is no such data
 */
export async function inflateBody(body: Buffer, coding: string, limit: number): Promise<Buffer> {
  const kind = kinds[toKind(coding, body)];
  if (body.length === 0) return body;
  try {
    if (body.length <= most.bytes) {
      const inflated = inflateNow(kind.sync, body, Math.min(limit, most.inflated));
      if (inflated) return inflated;
    }
    return await inTurn(() => kind.async(body, { maxOutputLength: limit, chunkSize: 64 * 1024 }));
  } catch (error) {
    if (isTooLarge(error))
      throw new SlipwayError(
        "too_large",
        `The body is too large: longer than ${limit} bytes once it is inflated, the most that is taken (--body-limit).`,
        { expected: limit },
      );
    throw new SlipwayError("invalid_request", `The body is not whole ${coding} data: ${(error as Error).message}.`);
  }
}

/** Null: it becomes too long for this thread. */
function inflateNow(sync: typeof gunzipSync, body: Buffer, limit: number): Buffer | null {
  try {
    return sync(body, { maxOutputLength: limit });
  } catch (error) {
    if (isTooLarge(error)) return null;
    throw error;
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === "ERR_BUFFER_TOO_LARGE";
}

function toKind(coding: string, body: Buffer): keyof typeof kinds {
  const name = coding.trim().toLowerCase();
  if (name === "gzip" || name === "x-gzip") return "gzip";
  // The standard means zlib's format; some clients send the bare one.
  if (name === "deflate") return isZlib(body) ? "deflate" : "raw";
  throw new SlipwayError(
    "unsupported_media_type",
    `The content coding ${JSON.stringify(coding.slice(0, 60))} is not taken here; send the body with gzip, deflate or none.`,
  );
}

function isZlib(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

let running = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < atOnce) running++;
  // Takes the place of one that ends.
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}
