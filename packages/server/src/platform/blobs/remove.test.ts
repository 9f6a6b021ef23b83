import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { createBlobStore } from "./blob-store.ts";

const sha = (bytes: string) => createHash("sha256").update(bytes).digest("hex");
const sha256 = sha("model");
const unneeded = { before: Infinity, isNeeded: async () => false };

async function useStore() {
  const folder = await mkdtemp(join(tmpdir(), "slipway-"));
  let later = 0;
  const clock = { ...systemClock, monotonic: () => performance.now() + later };
  const store = createBlobStore({ folder, clock });
  const put = (bytes: string) => store.put(sha(bytes), Readable.from([Buffer.from(bytes)]), { offset: 0, final: true });
  await put("model");
  return { folder, store, put, pass: (ms: number) => (later += ms) };
}

const hour = 3_600_000;

test("a blob goes where nothing refers to it, and not while it was just sent or promised to somebody", async () => {
  const { store, pass, put } = await useStore();
  expect(await store.remove(sha256, unneeded)).toBe(false);
  pass(hour);
  expect(await store.renew(sha256)).toEqual({ sha256, size: 5 });
  expect(await store.remove(sha256, unneeded)).toBe(false);
  pass(hour);
  await put("model");
  expect([store.isTaken(sha256), await store.remove(sha256, unneeded)]).toEqual([true, false]);
  pass(hour);
  expect(await store.remove(sha256, { ...unneeded, isNeeded: async () => true })).toBe(false);
  expect([store.isTaken(sha256), await store.remove(sha256, unneeded)]).toEqual([false, true]);
  expect([await store.stat(sha256), await store.renew(sha256), await store.remove(sha256, unneeded)]).toEqual([
    null,
    null,
    false,
  ]);
});

test("what changed lately stays, and being promised is a change", async () => {
  const { store, pass } = await useStore();
  pass(hour);
  const now = Date.now();
  await utimes(store.path(sha256), now / 1000 - 7200, now / 1000 - 7200);
  expect(await store.remove(sha256, { ...unneeded, before: now - 3 * hour })).toBe(false);
  await store.renew(sha256);
  pass(hour);
  expect(await store.remove(sha256, { ...unneeded, before: now - hour })).toBe(false);
  expect(existsSync(store.path(sha256))).toBe(true);
});

test("what is held stays however long that takes; its use ends the promise that led to it", async () => {
  const { store, pass } = await useStore();
  const missing = sha("nothing");
  const hold = await store.hold([sha256, missing]);
  const other = await store.hold([sha256]);
  expect(hold.missing).toEqual([missing]);
  pass(5 * hour);
  expect(await store.remove(sha256, unneeded)).toBe(false);
  hold.release();
  hold.release();
  expect(await store.remove(sha256, unneeded)).toBe(false);
  other.release();
  await store.renew(sha256);
  const deployment = await store.hold([sha256]);
  deployment.release({ used: true });
  expect(await store.remove(sha256, unneeded)).toBe(true);
});

test("a promise that comes while a deployment uses the blob outlasts the deployment", async () => {
  const { store } = await useStore();
  const deployment = await store.hold([sha256]);
  await store.renew(sha256);
  deployment.release({ used: true });
  expect(await store.remove(sha256, unneeded)).toBe(false);
});

test("whoever asks while a blob is being removed gets it whole or is told that it is gone", async () => {
  for (let round = 0; round < 50; round++) {
    const { store, pass } = await useStore();
    pass(hour);
    const wait = async (turns: number) => {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    const [removed, found] = await Promise.all([
      store.remove(sha256, { ...unneeded, isNeeded: () => wait(round % 3).then(() => false) }),
      wait(round % 7).then(() => store.renew(sha256)),
    ]);
    expect(found === null).toBe(removed);
    expect(existsSync(store.path(sha256))).toBe(!removed);
  }
});

test("unfinished uploads are listed and dropped, and not while somebody sends", async () => {
  const { store } = await useStore();
  const whole = sha("unfinished");
  await store.put(whole, Readable.from([Buffer.from("unfi")]), { offset: 0, total: 10 });
  const sending = new Readable({ read() {} });
  const put = store.put(whole, sending, { offset: 4, total: 10 });
  const listed = async () => {
    const found = [];
    for await (const { sha256: name, size } of store.listPartials()) found.push([name, size]);
    return found;
  };
  expect([await listed(), await store.dropPartial(whole)]).toEqual([[], false]);
  sending.push("nishe");
  sending.push(null);
  expect(await put).toEqual({ received: 9, complete: false });
  expect(await listed()).toEqual([[whole, 9]]);
  expect(await store.dropPartial(whole)).toBe(true);
  expect([await listed(), await store.partial(whole)]).toEqual([[], 0]);
});
