import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { createBlobStore } from "./blob-store.ts";

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

async function useStore(maxBytes?: number) {
  const folder = join(await mkdtemp(join(tmpdir(), "slipway-")), "blobs");
  const store = createBlobStore({ folder, ...(maxBytes === undefined ? {} : { maxBytes }) });
  const growing = () => readdir(join(folder, "partial/growing")).catch(() => []);
  return { folder, store, growing };
}

function* cut(bytes: Uint8Array, piece: number): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
}

test("bytes of any size become the blob of their digest", async () => {
  const { store, growing } = await useStore();
  for (const size of [0, 1, 70_000, 1024 * 1024, 3_000_001, 8 * 1024 * 1024, 20_000_003]) {
    const bytes = randomBytes(size);
    const blob = await store.receive(Readable.from(cut(bytes, 65_536)), { size });
    expect(blob).toEqual({ sha256: sha(bytes), size });
    expect(bytes.equals(await readFile(store.path(blob.sha256)))).toBe(true);
    expect(store.isTaken(blob.sha256)).toBe(true);
  }
  expect(await growing()).toEqual([]);
});

test("many at once, the same ones too, get each their own digest", async () => {
  const { store, growing } = await useStore();
  const blobs = [1, 2, 2, 3, 3].map((n) => Buffer.alloc(9_000_000 + n, n));
  const got = await Promise.all(blobs.map((bytes) => store.receive(Readable.from(cut(bytes, 100_000)))));
  expect(got.map(({ sha256 }) => sha256)).toEqual(blobs.map(sha));
  expect(await growing()).toEqual([]);
});

test("the memory of chunks that nobody else has is given back, and only theirs", async () => {
  const { store } = await useStore();
  const own = [1, 2, 3].map((n) => new Uint8Array(1024 * 1024).fill(n));
  const shared = Buffer.concat(own);
  const expected = sha(shared);
  expect((await store.receive(Readable.from(cut(shared, 1024 * 1024)), { owned: true })).sha256).toBe(expected);
  expect(sha(shared)).toBe(expected);
  const again = [...own.map((chunk) => chunk.slice()), Buffer.from("x")];
  await store.receive(Readable.from(again), { owned: true });
  expect(again.slice(0, 3).map((chunk) => chunk.byteLength)).toEqual([0, 0, 0]);
  await store.receive(Readable.from(own));
  expect(own.map((chunk) => chunk.byteLength)).toEqual([1024 * 1024, 1024 * 1024, 1024 * 1024]);
});

test("what breaks off, is too large or not as long as announced leaves nothing", async () => {
  const { store, growing } = await useStore(10_000_000);
  const breaking = Readable.from(
    (async function* () {
      yield* cut(randomBytes(9_500_000), 65_536);
      throw new Error("aborted");
    })(),
  );
  await expect(store.receive(breaking)).rejects.toThrow("aborted");
  const large = Readable.from(cut(randomBytes(12_000_000), 65_536));
  await expect(store.receive(large)).rejects.toMatchObject({ code: "too_large" });
  expect(large.destroyed).toBe(false);
  await expect(store.receive(Readable.from([Buffer.alloc(5)]), { limit: 4 })).rejects.toMatchObject({
    code: "too_large",
  });
  await expect(store.receive(Readable.from([]), { size: 10_000_001 })).rejects.toMatchObject({ code: "too_large" });
  for (const size of [3_000_000, 3_000_002])
    await expect(store.receive(Readable.from(cut(Buffer.alloc(3_000_001), 65_536)), { size })).rejects.toMatchObject({
      code: "invalid_request",
    });
  expect(await growing()).toEqual([]);
  for await (const { sha256 } of store.list()) expect.unreachable(sha256);
});

test("what a killed process was receiving is no blob, and is swept", async () => {
  const { store, folder, growing } = await useStore();
  const script = new URL("./testing/receive-forever.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, [script, folder], { stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: child.stdout })) if (Number(line) > 12e6) child.kill("SIGKILL");
  const [name] = await growing();
  for await (const { sha256 } of store.list()) expect.unreachable(sha256);
  const left = [{ name, bytes: expect.any(Number) }];
  expect(await store.sweepReceived({ dryRun: true })).toEqual(left);
  const sending = new Readable({ read() {} });
  const received = store.receive(sending);
  for (let i = 0; i < 4; i++) sending.push(Buffer.alloc(1024 * 1024));
  while ((await growing()).length < 2) await new Promise((resolve) => setImmediate(resolve));
  expect(await store.sweepReceived({ dryRun: false })).toEqual(left);
  sending.push(null);
  expect((await received).size).toBe(4 * 1024 * 1024);
  expect(await growing()).toEqual([]);
});

test("parts of a file come in any order and again, and are one blob", async () => {
  const { store, growing } = await useStore();
  const bytes = randomBytes(10_000_000);
  const part = (n: number) => Readable.from(cut(bytes.subarray(n * 3_000_000, (n + 1) * 3_000_000), 65_536));
  for (const orders of [
    [[0], [1], [2], [3]],
    [
      [3, 2],
      [1, 0],
    ],
    [[2], [0], [0, 1], [3], [1]],
  ]) {
    const file = store.receiveParts();
    for (const order of orders) await Promise.all(order.map((n) => file.write(n * 3_000_000, part(n))));
    expect(await file.finish(bytes.length)).toEqual({ sha256: sha(bytes), size: bytes.length });
    await store.delete(sha(bytes));
  }
  const given = store.receiveParts();
  await given.write(0, Readable.from([Buffer.from("wrong")]));
  // The thread that hashes takes one thing after the other: it has read the wrong bytes by then.
  await store.receive(Readable.from(cut(Buffer.alloc(9_000_000), 1_000_000)));
  await given.write(0, Readable.from([Buffer.from("right and longer")]));
  await given.write(0, Readable.from([Buffer.from("right")]));
  expect((await given.finish(5)).sha256).toBe(sha(Buffer.from("right")));
  const gone = store.receiveParts();
  await gone.write(5, Readable.from([Buffer.from("x")]));
  await gone.discard();
  expect(await growing()).toEqual([]);
});

test("a blob is poured whole and in parts, however slowly it is taken", async () => {
  const { store } = await useStore();
  const bytes = randomBytes(1_000_000);
  const { sha256 } = await store.receive(Readable.from(cut(bytes, 65_536)));
  for (const [start, end] of [
    [0, 1_000_000],
    [5, 5],
    [999_999, 1_000_000],
    [1000, 700_000],
    [0, 262_144],
  ] as const) {
    const taken: Buffer[] = [];
    await store.pour(sha256, { start, end }, async (piece) => {
      await new Promise((resolve) => setImmediate(resolve));
      taken.push(Buffer.from(piece));
    });
    expect(bytes.subarray(start, end).equals(Buffer.concat(taken))).toBe(true);
  }
  const gone = store.pour(sha256, { start: 0 }, () => Promise.reject(new Error("gone")));
  await expect(gone).rejects.toThrow("gone");
  await expect(store.pour(sha256, { start: 1, end: 1_000_001 }, async () => {})).rejects.toMatchObject({
    code: "invalid_request",
  });
});
