import type { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { tooLarge } from "./blob-info.ts";

export interface ReceiveOptions {
  /** Most bytes; those of the store unless given. */
  readonly limit?: number;
  /** How many were announced: fewer are refused. */
  readonly size?: number | null;
  /** Nobody else looks at the chunks, as with the body of a request: their memory is given back once they are written. */
  readonly owned?: boolean;
}

/** Hands over the stream a chunk at a time, and checks how long it is. @returns its bytes */
export async function readInto(
  stream: Readable,
  { limit, size = null }: { readonly limit: number; readonly size?: number | null },
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<number> {
  if (size !== null && size > limit) throw tooLarge(limit);
  let received = 0;
  // Destroying a request would close its socket before the error could be answered.
  const chunks: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    received += chunk.length;
    if (received > limit) throw tooLarge(limit);
    await take(chunk);
  }
  if (size !== null && received !== size)
    throw new SlipwayError("invalid_request", `The upload ended at ${received} of ${size} bytes. Send the file again.`);
  return received;
}
