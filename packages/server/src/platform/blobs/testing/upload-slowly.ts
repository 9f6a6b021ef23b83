/** Uploads one blob in small pieces and prints what was received after each; the kill test ends it. */
import { Readable } from "node:stream";
import { createBlobStore } from "../blob-store.ts";

const [folder, sha256, total] = process.argv.slice(2);
const store = createBlobStore({ folder: folder! });

async function* pieces(): AsyncIterable<Uint8Array> {
  for (let at = 0; ; at += 1000) {
    process.stdout.write(`${await store.partial(sha256!)}\n`);
    yield Buffer.alloc(1000, at / 1000);
  }
}

await store.put(sha256!, Readable.from(pieces()), { offset: 0, total: Number(total) });
