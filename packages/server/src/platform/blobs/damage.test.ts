import { createHash } from "node:crypto";
import { chmod, copyFile, mkdtemp, open, readFile, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBlobStore, type BlobStore } from "./index.ts";
import { createVerifiedFiles } from "./verified-files.ts";

const bytes = Buffer.from("the weights of a model");
const sha256 = createHash("sha256").update(bytes).digest("hex");

let folder: string;
let blobs: BlobStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "slipway-"));
  blobs = createBlobStore({ folder: join(folder, "blobs") });
  await put();
});
afterEach(() => rm(folder, { recursive: true }));

const put = () => blobs.put(sha256, Readable.from([bytes]), { offset: 0, total: bytes.length });

async function flipByte(file: string): Promise<void> {
  await chmod(file, 0o644);
  await using handle = await open(file, "r+");
  await handle.write(Buffer.from([bytes[3]! ^ 1]), 0, 1, 3);
}

test("a byte that changed on disk is noticed, put aside and healed by the next upload", async () => {
  await blobs.verify(sha256);
  await flipByte(blobs.path(sha256));
  await expect(blobs.verify(sha256)).rejects.toMatchObject({ code: "damaged_blob", details: { sha256 } });
  expect(await blobs.stat(sha256)).toBeNull();
  expect((await stat(`${blobs.path(sha256)}.damaged`)).size).toBe(bytes.length);
  await expect(blobs.verify(sha256)).rejects.toMatchObject({ code: "blob_not_found" });
  expect(await put()).toMatchObject({ complete: true });
  await blobs.verify(sha256);
  expect(await readFile(blobs.path(sha256))).toEqual(bytes);
});

test("whoever sends the same file again is not told that the damaged one is there", async () => {
  await flipByte(blobs.path(sha256));
  expect(await blobs.renew(sha256)).toBeNull();
  await put();
  await flipByte(blobs.path(sha256));
  expect(await put()).toEqual({ received: bytes.length, complete: true });
  expect(await readFile(blobs.path(sha256))).toEqual(bytes);
});

test("a folder that was laid out from the damaged blob is laid out anew", async () => {
  const files = [{ path: "model.onnx", sha256 }];
  const target = join(folder, "loaded");
  await blobs.layout(files, target);
  await flipByte(join(target, "model.onnx"));
  await expect(blobs.layout(files, target)).rejects.toMatchObject({ code: "damaged_blob" });
  await put();
  await blobs.layout(files, target);
  expect(await readFile(join(target, "model.onnx"))).toEqual(bytes);
});

test("so is one whose copy changed by itself, where links are not to be had", async () => {
  const files = [{ path: "model.onnx", sha256 }];
  const target = join(folder, "loaded");
  await blobs.layout(files, target);
  const laid = join(target, "model.onnx");
  await copyFile(laid, `${laid}.copy`);
  await rename(`${laid}.copy`, laid);
  await flipByte(laid);
  await blobs.layout(files, target);
  expect(await readFile(laid)).toEqual(bytes);
});

test("another process, and a fresh look, read what this one has read before", async () => {
  const read: string[] = [];
  const counted = createVerifiedFiles(async (file) => {
    read.push(file);
    return createHash("sha256")
      .update(await readFile(file))
      .digest("hex");
  });
  const file = blobs.path(sha256);
  for (let i = 0; i < 3; i++) expect(await counted.holds(file, sha256)).toBe(true);
  expect(read).toHaveLength(1);
  expect(await counted.holds(file, sha256, { fresh: true })).toBe(true);
  expect(read).toHaveLength(2);
  await flipByte(file);
  expect(await counted.holds(file, sha256)).toBe(false);
});
