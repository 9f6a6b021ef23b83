import type { BlobState } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { ConnectionError } from "./errors.ts";
import { sleep, type CallOptions, type Transport } from "./transport.ts";

export type BlobBody = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

export interface BlobPresence {
  /** True: the server has the whole blob. */
  readonly complete: boolean;
  /** Bytes that the server already keeps of an upload that was cut; go on from there. */
  readonly offset: number;
}

export interface UploadOptions extends CallOptions {
  /** Bytes of the whole blob. */
  readonly size: number;
  /** Where `body` begins in the blob; 0 by default. */
  readonly offset?: number;
  /** Bytes of the blob handed to the connection so far, those before `offset` included. */
  readonly onProgress?: (bytes: number) => void;
}

export interface BlobsClient {
  has(sha256: string, options?: CallOptions): Promise<BlobPresence>;
  /** Sends the rest of a blob from `offset`. @throws SlipwayError `digest_mismatch`, `conflict`, `too_large` */
  upload(sha256: string, body: BlobBody, options: UploadOptions): Promise<BlobState>;
  /**
   * Makes sure that the server has a blob: nothing is sent where it is there, and an upload that breaks goes on
   * where it stopped. `open` gives the bytes from an offset on.
   * @returns whether anything was sent
   */
  ensure(
    sha256: string,
    open: (offset: number) => BlobBody | Promise<BlobBody>,
    options: Omit<UploadOptions, "offset">,
  ): Promise<boolean>;
}

const patience = 4;

export function createBlobs(transport: Transport): BlobsClient {
  const pathOf = (sha256: string): string => `/api/v1/blobs/${encodeURIComponent(sha256)}`;

  async function has(sha256: string, options: CallOptions = {}): Promise<BlobPresence> {
    const response = await transport.send({
      method: "HEAD",
      path: pathOf(sha256),
      accept: [404],
      ...options,
    });
    const offset = Number(response.headers.get("upload-offset") ?? 0);
    return { complete: response.ok, offset: Number.isSafeInteger(offset) ? offset : 0 };
  }

  async function upload(
    sha256: string,
    body: BlobBody,
    { size, offset = 0, onProgress, ...options }: UploadOptions,
  ): Promise<BlobState> {
    const counted = onProgress === undefined ? body : count(body, offset, onProgress);
    const state = await transport.call<BlobState | undefined>({
      method: "PUT",
      path: pathOf(sha256),
      body: counted,
      headers: {
        "content-type": "application/octet-stream",
        "upload-length": String(size),
        ...(offset > 0 ? { "upload-offset": String(offset) } : {}),
      },
      endless: true,
      ...options,
    });
    return state ?? { sha256, size, complete: true };
  }

  const ensure: BlobsClient["ensure"] = async (sha256, open, options) => {
    const { signal, traceparent } = options;
    let furthest = -1;
    for (let failures = 0; ;) {
      const { complete, offset } = await has(sha256, { signal, traceparent });
      if (complete) return furthest >= 0;
      if (failures >= patience)
        throw new SlipwayError("interrupted", `The upload of ${sha256} stops at byte ${offset} again and again.`);
      if (offset > furthest) failures = 0;
      furthest = Math.max(furthest, offset);
      try {
        const state = await upload(sha256, await open(offset), { ...options, offset });
        if (state.complete) return true;
        failures++;
      } catch (error) {
        failures++;
        const worthwhile = ConnectionError.is(error) || (SlipwayError.is(error) && error.retryable);
        if (!worthwhile || failures >= patience) throw error;
        await sleep(200 * failures, signal);
      }
    }
  };

  return { has, upload, ensure };
}

/** The same bytes as a stream that tells how far it has been read. */
function count(body: BlobBody, from: number, onProgress: (bytes: number) => void): ReadableStream<Uint8Array> {
  let bytes = from;
  const source =
    body instanceof ReadableStream ? body : body instanceof Uint8Array ? new Blob([body]).stream() : body.stream();
  return source.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        bytes += chunk.byteLength;
        onProgress(bytes);
      },
    }),
  );
}
