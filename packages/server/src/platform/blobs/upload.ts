import { constants } from "node:fs";
import { mkdir, open, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import type { Readable } from "node:stream";
import { SlipwayError } from "@slipway/contract";
import { tooLarge } from "./blob-info.ts";

export interface PutOptions {
  /** Where in the blob the stream begins; it must be what `partial` says. */
  readonly offset: number;
  /** Bytes of the whole blob: it is whole where they are reached. */
  readonly total?: number;
  /** True throws away what was received before; the offset is 0 then. */
  readonly restart?: boolean;
  /** True where the stream ends the blob, whatever its size. */
  readonly final?: boolean;
}

export interface PutResult {
  /** Bytes that are there now. */
  readonly received: number;
  /** True where the blob is whole, verified and durable. */
  readonly complete: boolean;
}

interface UploadsDeps {
  readonly maxBytes: number;
  partialPath(sha256: string): string;
  /** Bytes of the blob that is there already, else null. */
  findWhole(sha256: string): Promise<number | null>;
  digest(file: string): Promise<string>;
  /** Moves a verified file to its place, durably. */
  keep(file: string, sha256: string): Promise<void>;
}

/** Resumable uploads. Only one stream at a time writes to a blob; the state between two streams is the file's size. */
export function createUploads(deps: UploadsDeps) {
  const busy = new Set<string>();

  async function put(sha256: string, stream: Readable, options: PutOptions): Promise<PutResult> {
    checkOptions(options, deps.maxBytes);
    const file = deps.partialPath(sha256);
    if (busy.has(sha256)) {
      const received = await partialSize(file);
      throw conflict(
        sha256,
        received,
        "Somebody else is sending this blob at the moment. Ask again for what was received.",
      );
    }
    busy.add(sha256);
    try {
      const whole = await deps.findWhole(sha256);
      if (whole !== null) return { received: whole, complete: true };
      const received = await receive(file, sha256, { stream, options, maxBytes: deps.maxBytes });
      if (!(options.final === true || received === options.total)) return { received, complete: false };
      await finish(deps, sha256, file);
      return { received, complete: true };
    } finally {
      busy.delete(sha256);
    }
  }

  return {
    put,
    isBusy: (sha256: string) => busy.has(sha256),
    /** Throws away what was received; false where somebody is sending. Nobody can begin to meanwhile. */
    async drop(sha256: string): Promise<boolean> {
      if (busy.has(sha256)) return false;
      busy.add(sha256);
      try {
        await rm(deps.partialPath(sha256), { force: true });
        return true;
      } finally {
        busy.delete(sha256);
      }
    },
  };
}

function checkOptions({ offset, total }: PutOptions, maxBytes: number): void {
  for (const number of [offset, total ?? 0])
    if (!Number.isSafeInteger(number) || number < 0)
      throw new SlipwayError(
        "invalid_request",
        "The offset and the total of an upload are whole numbers of bytes, 0 or more.",
      );
  if (total !== undefined && total < offset)
    throw new SlipwayError("invalid_request", `The upload begins at ${offset}, beyond its total of ${total} bytes.`);
  if (total !== undefined && total > maxBytes) throw tooLarge(maxBytes);
}

interface Incoming {
  readonly stream: Readable;
  readonly options: PutOptions;
  readonly maxBytes: number;
}

async function receive(file: string, sha256: string, { stream, options, maxBytes }: Incoming): Promise<number> {
  await mkdir(dirname(file), { recursive: true });
  const handle = await open(file, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    if (options.restart === true) await handle.truncate(0);
    const { size } = await handle.stat();
    if (size !== options.offset)
      throw conflict(
        sha256,
        size,
        `${size} bytes of this blob were received, so the upload cannot go on at ${options.offset}. Send from ${size}.`,
      );
    let at = size;
    // Destroying a request would close its socket before the error could be answered.
    const chunks: AsyncIterable<Uint8Array> = stream.iterator({ destroyOnReturn: false });
    for await (const chunk of chunks) {
      if (at + chunk.length > maxBytes) throw tooLarge(maxBytes);
      if (options.total !== undefined && at + chunk.length > options.total)
        throw new SlipwayError("invalid_request", `More bytes came than the ${options.total} that were announced.`);
      await writeAll(handle, chunk, at);
      at += chunk.length;
    }
    if (options.final === true && options.total !== undefined && at !== options.total)
      throw new SlipwayError(
        "invalid_request",
        `The upload ended at ${at} of the ${options.total} bytes that were announced.`,
      );
    if (options.final === true || at === options.total) await handle.sync();
    return at;
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < chunk.length;) {
    const { bytesWritten } = await handle.write(chunk, done, chunk.length - done, at + done);
    done += bytesWritten;
  }
}

async function finish(deps: UploadsDeps, sha256: string, file: string): Promise<void> {
  const actual = await deps.digest(file);
  if (actual !== sha256) {
    await rm(file, { force: true });
    throw new SlipwayError(
      "digest_mismatch",
      `The bytes that arrived have the SHA-256 ${actual}, not ${sha256}; they were thrown away. Send the file again from the start.`,
      { expected: sha256, actual },
    );
  }
  await deps.keep(file, sha256);
}

function conflict(sha256: string, received: number, message: string): SlipwayError {
  return new SlipwayError("conflict", message, { sha256, received });
}

async function partialSize(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
