import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { SlipwayError } from "@slipway/contract";
import { extract } from "tar-stream";
import { createPathSet } from "../blobs/index.ts";
import { manifestName, parseManifest, type SealedEntry } from "./sealed-entry.ts";

/** An entry on its way: nothing is proven before the manifest was read. */
export interface IncomingEntry {
  /** Stays inside, as `parseFilePath` wants it; unlike every other one. */
  readonly name: string;
  readonly size: number;
  /** To be read to its end, or left alone. */
  readonly chunks: AsyncIterable<Uint8Array>;
}

const longestManifest = 256 * 1024 * 1024;

type Entry = AsyncIterable<Buffer> & {
  readonly header: {
    readonly name: string;
    readonly size?: number | undefined;
    readonly type?: string | null | undefined;
  };
};

/**
 * Reads a sealed archive to its end and proves it whole: resolves with its entries where each is exactly what the manifest
 * lists, in size and digest, and there is nothing else.
 * @throws SlipwayError `invalid_file` with what is wrong; `data_folder_newer` for a manifest of a later format
 */
export async function readArchive(
  source: Readable,
  take: (entry: IncomingEntry) => Promise<void>,
): Promise<readonly SealedEntry[]> {
  const untar = extract();
  const feed = pipeline(source, untar);
  feed.catch(() => {});
  const found: SealedEntry[] = [];
  const paths = createPathSet();
  let manifest: readonly SealedEntry[] | null = null;
  try {
    for await (const entry of untar as AsyncIterable<Entry>) {
      const { name, size } = requireFile(entry, manifest !== null);
      if (name === manifestName) manifest = parseManifest(await readText(entry, size));
      else {
        asInvalid(() => paths.add(name));
        found.push(await takeHashed(entry, { name, size }, take));
      }
    }
    await feed;
  } catch (error) {
    // The end of the archive inside an entry shows there as a stream that was destroyed; why, the pipe knows.
    const isEcho = ["STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE"].includes((error as { code?: string }).code ?? "");
    throw toInvalid(
      isEcho
        ? await feed.then(
            () => error,
            (reason: unknown) => reason,
          )
        : error,
    );
  }
  if (found.length === 0 && manifest === null) throw invalid("It is empty.");
  if (manifest === null)
    throw invalid(
      `It ends after ${found.length} entries without a list of its contents: it was cut off. Take another copy.`,
    );
  compare(manifest, found);
  return found;
}

function requireFile({ header }: Entry, ended: boolean): { name: string; size: number } {
  const { name, size = 0, type } = header;
  if (ended) throw invalid(`${JSON.stringify(name)} stands behind its end.`);
  if (type === "file") return { name, size };
  throw invalid(`${JSON.stringify(name)} is a ${type ?? "thing of an unknown kind"}, and only files may be in it.`);
}

async function takeHashed(
  entry: Entry,
  about: { readonly name: string; readonly size: number },
  take: (entry: IncomingEntry) => Promise<void>,
): Promise<SealedEntry> {
  const hash = createHash("sha256");
  let size = 0;
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of entry) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const chunks = hashed();
  await take({ ...about, chunks });
  // What was left alone counts, too.
  for await (const _ of chunks);
  return { name: about.name, size, sha256: hash.digest("hex") };
}

async function readText(entry: Entry, size: number): Promise<string> {
  if (size > longestManifest) throw invalid("The list of its contents is too long.");
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function compare(manifest: readonly SealedEntry[], found: readonly SealedEntry[]): void {
  const wanted = new Map(manifest.map((entry) => [entry.name, entry]));
  for (const { name, size, sha256 } of found) {
    const want = wanted.get(name);
    if (want === undefined) throw invalid(`${JSON.stringify(name)} does not belong to it.`);
    if (want.size !== size || want.sha256 !== sha256)
      throw invalid(
        `${JSON.stringify(name)} is damaged: its digest is ${sha256}, not ${want.sha256}. Take another copy.`,
      );
    wanted.delete(name);
  }
  const [missing] = wanted.keys();
  if (missing !== undefined) throw invalid(`${JSON.stringify(missing)} is missing in it. Take another copy.`);
}

function asInvalid(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

/** What the reader of the tar format says becomes ours; trouble of the disk stays what it is. */
function toInvalid(error: unknown): unknown {
  if (SlipwayError.is(error) || (error as NodeJS.ErrnoException).code !== undefined) return error;
  const { message } = error as Error;
  if (/unexpected end/i.test(message))
    return invalid("It ends in the middle of a file: it was cut off. Take another copy.");
  if (/tar header|header exceeds|invalid header/i.test(message))
    return invalid("It is damaged, or no tar archive. Where it was compressed, uncompress it first.");
  return error;
}

function invalid(why: string): SlipwayError {
  return new SlipwayError("invalid_file", `This is no whole backup. ${why}`);
}
