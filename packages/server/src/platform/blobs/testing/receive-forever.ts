/** Receives a blob that never ends and prints how much of it was taken; the kill test ends it. */
import { Readable } from "node:stream";
import { createBlobStore } from "../blob-store.ts";

async function* pieces(): AsyncIterable<Uint8Array> {
  for (let at = 0; ; at += 1_000_000) {
    process.stdout.write(`${at}\n`);
    yield Buffer.alloc(1_000_000, at);
  }
}

await createBlobStore({ folder: process.argv[2]! }).receive(Readable.from(pieces()));
