import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createBlobStore } from "./blob-store.ts";

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const streamOf = (...chunks: readonly Uint8Array[]) => Readable.from(chunks);

async function useStore(maxBytes?: number) {
  const folder = join(await mkdtemp(join(tmpdir(), "slipway-")), "blobs");
  return { folder, store: createBlobStore({ folder, ...(maxBytes === undefined ? {} : { maxBytes }) }) };
}

async function useBlob(text: string) {
  const { folder, store } = await useStore();
  const bytes = Buffer.from(text);
  await store.put(sha(bytes), streamOf(bytes), { offset: 0, total: bytes.length });
  return { folder, store, sha256: sha(bytes) };
}

describe("an upload", () => {
  test("becomes a blob that is read back whole and in parts", async () => {
    const { store, folder } = await useStore();
    const bytes = randomBytes(200_000);
    const sha256 = sha(bytes);
    expect(await store.stat(sha256)).toBe(null);
    const options = { offset: 0, total: bytes.length };
    expect(await store.put(sha256, streamOf(bytes), options)).toEqual({ received: 200_000, complete: true });
    expect(await store.stat(sha256)).toEqual({ sha256, size: 200_000 });
    expect(store.path(sha256)).toBe(join(folder, sha256.slice(0, 2), sha256));
    expect((await stat(store.path(sha256))).mode & 0o777).toBe(0o444);
    const whole = await store.open(sha256);
    expect(bytes.equals(await buffer(whole.stream))).toBe(true);
    const part = await store.open(sha256, { start: 1000, end: 1010 });
    expect(part).toMatchObject({ size: 200_000, start: 1000, end: 1010 });
    expect(bytes.subarray(1000, 1010).equals(await buffer(part.stream))).toBe(true);
    const none = await store.open(sha256, { start: 200_000 });
    expect((await buffer(none.stream)).length).toBe(0);
    await expect(store.open(sha256, { start: 5, end: 4 })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(store.open(sha256, { start: 0, end: 200_001 })).rejects.toMatchObject({ code: "invalid_request" });
    const listed = [];
    for await (const info of store.list()) listed.push(info);
    expect(listed).toEqual([{ sha256, size: 200_000, changedAt: expect.any(Number) }]);
    expect(await readdir(join(folder, "partial"))).toEqual([]);
  });

  test("may be empty", async () => {
    const { store } = await useStore();
    const sha256 = sha(Buffer.alloc(0));
    expect(await store.put(sha256, streamOf(), { offset: 0, total: 0 })).toEqual({ received: 0, complete: true });
  });

  test("comes in pieces, each exactly where the last one ended", async () => {
    const { store } = await useStore();
    const bytes = randomBytes(3000);
    const sha256 = sha(bytes);
    const piece = (from: number, to: number) => streamOf(bytes.subarray(from, to));
    expect(await store.put(sha256, piece(0, 1000), { offset: 0 })).toEqual({ received: 1000, complete: false });
    expect(await store.partial(sha256)).toBe(1000);
    for (const offset of [0, 999, 1001])
      await expect(store.put(sha256, piece(offset, 3000), { offset, total: 3000 })).rejects.toMatchObject({
        code: "conflict",
        details: { received: 1000 },
      });
    expect((await store.put(sha256, piece(1000, 2000), { offset: 1000, total: 3000 })).complete).toBe(false);
    expect((await store.put(sha256, piece(2000, 3000), { offset: 2000, final: true })).complete).toBe(true);
    expect(await store.partial(sha256)).toBe(0);
    expect(bytes.equals(await readFile(store.path(sha256)))).toBe(true);
  });

  test("can be begun again", async () => {
    const { store } = await useStore();
    const bytes = randomBytes(100);
    await store.put(sha(bytes), streamOf(randomBytes(150)), { offset: 0 });
    const again = { offset: 0, total: 100, restart: true };
    expect((await store.put(sha(bytes), streamOf(bytes), again)).complete).toBe(true);
  });

  test("keeps what arrived before the connection broke", async () => {
    const { store } = await useStore();
    const bytes = randomBytes(3000);
    const sha256 = sha(bytes);
    const breaking = Readable.from(
      (async function* () {
        yield bytes.subarray(0, 1500);
        throw new Error("aborted");
      })(),
    );
    await expect(store.put(sha256, breaking, { offset: 0, total: 3000 })).rejects.toThrow("aborted");
    expect(await store.partial(sha256)).toBe(1500);
    const rest = { offset: 1500, total: 3000 };
    expect((await store.put(sha256, streamOf(bytes.subarray(1500)), rest)).complete).toBe(true);
  });

  test("that was received whole but not finished is finished by an empty piece", async () => {
    const { store, folder } = await useStore();
    const bytes = randomBytes(100);
    await mkdir(join(folder, "partial"), { recursive: true });
    await writeFile(join(folder, "partial", sha(bytes)), bytes);
    expect((await store.put(sha(bytes), streamOf(), { offset: 100, total: 100 })).complete).toBe(true);
  });

  test("with other bytes than announced is thrown away", async () => {
    const { store } = await useStore();
    const bytes = randomBytes(100);
    const wrong = sha(randomBytes(1));
    const error = await store.put(wrong, streamOf(bytes), { offset: 0, total: 100 }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: "digest_mismatch", details: { expected: wrong, actual: sha(bytes) } });
    expect(await store.stat(wrong)).toBe(null);
    expect(await store.partial(wrong)).toBe(0);
  });

  test("larger than announced or allowed is refused", async () => {
    const { store } = await useStore(100);
    const sha256 = sha(randomBytes(1));
    const put = (bytes: number, options: object) =>
      store.put(sha256, streamOf(Buffer.alloc(bytes)), { offset: 0, ...options });
    await expect(put(11, { total: 10 })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(put(9, { total: 10, final: true })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(put(1, { total: 101 })).rejects.toMatchObject({ code: "too_large" });
    const unread = streamOf(Buffer.alloc(101));
    const offset = await store.partial(sha256);
    await expect(store.put(sha256, unread, { offset })).rejects.toMatchObject({ code: "too_large" });
    expect(unread.destroyed).toBe(false);
    for (const offset of [-1, 0.5, Number.NaN])
      await expect(store.put(sha256, streamOf(), { offset })).rejects.toMatchObject({ code: "invalid_request" });
  });

  test("of a blob that is there already reads nothing", async () => {
    const { store, sha256 } = await useBlob("hello");
    const unread = streamOf(Buffer.from("whatever"));
    expect(await store.put(sha256, unread, { offset: 0, total: 5 })).toEqual({ received: 5, complete: true });
    expect(unread.readableDidRead).toBe(false);
  });

  test("refuses a second sender at the same time", async () => {
    const { store } = await useStore();
    const bytes = randomBytes(2_000_000);
    const sha256 = sha(bytes);
    const slowly = Readable.from(
      (async function* () {
        for (let at = 0; at < bytes.length; at += 100_000) {
          yield bytes.subarray(at, at + 100_000);
          await sleep(1);
        }
      })(),
    );
    const first = store.put(sha256, slowly, { offset: 0, total: bytes.length });
    const second = await store
      .put(sha256, streamOf(bytes), { offset: 0, total: bytes.length })
      .catch((e: unknown) => e);
    expect(second).toMatchObject({ code: "conflict" });
    expect((await first).complete).toBe(true);
    expect(bytes.equals(await readFile(store.path(sha256)))).toBe(true);
  });

  test("goes on after kill -9", async () => {
    const { store, folder } = await useStore();
    const bytes = Buffer.concat(Array.from({ length: 5000 }, (_, i) => Buffer.alloc(1000, i)));
    const sha256 = sha(bytes);
    const script = new URL("./testing/upload-slowly.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [script, folder, sha256, `${bytes.length}`], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      seen = Math.max(seen, Number(line));
      if (seen >= 50_000) child.kill("SIGKILL");
    }
    const offset = await store.partial(sha256);
    expect(offset).toBeGreaterThanOrEqual(seen);
    expect(offset).toBeLessThan(bytes.length);
    const done = await store.put(sha256, streamOf(bytes.subarray(offset)), { offset, total: bytes.length });
    expect(done.complete).toBe(true);
  });

  test("of several big ones at once gives each its own digest", async () => {
    const { store } = await useStore();
    const blobs = [1, 2, 3].map((n) => randomBytes(9_000_000 + n));
    const put = (bytes: Uint8Array) => store.put(sha(bytes), streamOf(bytes), { offset: 0, total: bytes.length });
    expect((await Promise.all(blobs.map(put))).map((result) => result.complete)).toEqual([true, true, true]);
    await expect(
      store.put(sha(Buffer.from("x")), streamOf(blobs[0]!), { offset: 0, final: true }),
    ).rejects.toMatchObject({
      code: "digest_mismatch",
    });
  });

  // V8 lets buffers pile up by 64 MB before it looks for dead ones, so the upload has to be several times that
  test("of 400 MB does not fill the memory", { timeout: 60_000 }, async () => {
    const { store } = await useStore();
    const chunk = randomBytes(1024 * 1024);
    const hash = createHash("sha256");
    for (let i = 0; i < 400; i++) hash.update(chunk);
    const sha256 = hash.digest("hex");
    let taken = 0;
    const source = new Readable({
      highWaterMark: 1,
      read() {
        this.push(taken++ < 400 ? Buffer.from(chunk) : null);
      },
    });
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 5);
    const done = await store.put(sha256, source, { offset: 0, total: 400 * chunk.length });
    clearInterval(timer);
    expect(done).toEqual({ received: 400 * chunk.length, complete: true });
    expect(peak - before).toBeLessThan(200 * 1024 * 1024);
  });
});

test("names that are no digest never reach the disk", async () => {
  const { store } = await useStore();
  for (const name of ["", "../../etc/passwd", "A".repeat(64), "a".repeat(63), `${"a".repeat(64)}\n`]) {
    expect(() => store.path(name)).toThrow("is not a SHA-256");
    await expect(store.put(name, streamOf(), { offset: 0 })).rejects.toMatchObject({ code: "invalid_request" });
    await expect(store.stat(name)).rejects.toMatchObject({ code: "invalid_request" });
    await expect(store.partial(name)).rejects.toMatchObject({ code: "invalid_request" });
  }
});

test("a blob is deleted once", async () => {
  const { store, sha256 } = await useBlob("hello");
  expect(await store.delete(sha256)).toBe(true);
  expect(await store.delete(sha256)).toBe(false);
  await expect(store.open(sha256)).rejects.toMatchObject({ code: "blob_not_found" });
});

describe("a layout", () => {
  test("puts the files where they belong, sharing their bytes", async () => {
    const { store, folder, sha256 } = await useBlob("weights");
    const target = join(folder, "..", "versions", "v1");
    const files = [
      { path: "model.onnx", sha256 },
      { path: "deep/er/weights.bin", sha256 },
    ];
    await store.layout(files, target);
    for (const { path } of files) expect(await readFile(join(target, path), "utf8")).toBe("weights");
    expect((await stat(join(target, "model.onnx"))).ino).toBe((await stat(store.path(sha256))).ino);
    const { ino } = await stat(target);
    await store.layout(files, target);
    expect((await stat(target)).ino).toBe(ino);
    expect(await readdir(join(target, ".."))).toEqual(["v1"]);
  });

  test("repairs a folder with a file missing, and works for many at once", async () => {
    const { store, folder, sha256 } = await useBlob("weights");
    const target = join(folder, "..", "v1");
    await mkdir(target);
    await writeFile(join(target, "stray"), "from a broken copy");
    await Promise.all([1, 2, 3, 4].map(() => store.layout([{ path: "model.onnx", sha256 }], target)));
    expect(await readdir(target)).toEqual(["model.onnx"]);
    expect(await readdir(join(folder, ".."))).toEqual(["blobs", "v1"]);
  });

  test("refuses to leave the folder and leaves nothing behind", async () => {
    const { store, folder, sha256 } = await useBlob("weights");
    const target = join(folder, "..", "v1");
    for (const path of ["../outside", "/tmp/outside", "a/../../outside", "..\\outside", "C:\\outside", "a\0b"])
      await expect(store.layout([{ path, sha256 }], target)).rejects.toMatchObject({ code: "invalid_request" });
    const missing = { path: "model.onnx", sha256: sha(randomBytes(1)) };
    await expect(store.layout([{ path: "a", sha256 }, missing], target)).rejects.toMatchObject({
      code: "blob_not_found",
    });
    expect(existsSync(target)).toBe(false);
    expect(await readdir(join(folder, ".."))).toEqual(["blobs"]);
  });
});
