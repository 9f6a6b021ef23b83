import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate } from "node:zlib";
import { SlipwayError } from "@slipway/contract";
import { frameHead } from "./message-reader.ts";

export const encodings = "identity,deflate,gzip";

export type Encoding = "identity" | "deflate" | "gzip";

/** Smaller messages grow, or gain nothing. */
const leastBytes = 1024;

const inflates = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const deflates = { gzip: promisify(gzip), deflate: promisify(deflate) };

/** The header `grpc-encoding`. @throws SlipwayError `unimplemented` */
export function parseEncoding(text: string | undefined): Encoding {
  if (text === undefined || text === "identity") return "identity";
  if (text === "gzip" || text === "deflate") return text;
  throw new SlipwayError("unimplemented", `Messages in ${text} are not read here; there are ${encodings}.`);
}

/** What answers are compressed with: what the request was, where the client reads that, too. */
export function chooseEncoding(encoding: Encoding, accepted: string | undefined): Encoding {
  return encoding !== "identity" && accepted?.split(",").some((each) => each.trim() === encoding)
    ? encoding
    : "identity";
}

/** Off this thread. @throws SlipwayError `too_large`, `invalid_request` */
export async function decompress(bytes: Buffer, encoding: Encoding, limit: number): Promise<Buffer> {
  if (encoding === "identity")
    throw new SlipwayError("invalid_request", "A message is marked as compressed, but no grpc-encoding is named.");
  try {
    return await inflates[encoding](bytes, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new SlipwayError(
        "too_large",
        `The message has, once it is decompressed, more than the ${limit} bytes that this server takes (body_limit).`,
        { limit },
      );
    throw new SlipwayError("invalid_request", `The message is not ${encoding}: ${(error as Error).message}.`);
  }
}

/** The frame with its message compressed, or as it is where that gains nothing. Off this thread. */
export async function compressFrame(frame: readonly Buffer[], encoding: Encoding): Promise<readonly Buffer[]> {
  const whole = frame.length === 1 ? frame[0]! : Buffer.concat(frame);
  if (encoding === "identity" || whole.length < frameHead + leastBytes) return frame;
  const bytes = await deflates[encoding](whole.subarray(frameHead), { level: 1 });
  if (bytes.length >= whole.length - frameHead) return frame;
  const head = Buffer.alloc(frameHead);
  head[0] = 1;
  head.writeUInt32BE(bytes.length, 1);
  return [head, bytes];
}
