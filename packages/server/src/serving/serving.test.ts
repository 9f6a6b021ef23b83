import { expect, test } from "vitest";
import { SlipwayError } from "@slipway/contract";
import {
  defaultTolerance,
  encodeExamples,
  examplesFile,
  type OpenOptions,
  type Replica,
  type Runtime,
  type Signature,
  type Tensor,
} from "@slipway/runtime";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { systemClock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import { silentLogger } from "../kernel/logger.ts";
import { createBlobStore, type BlobStore } from "../platform/blobs/index.ts";
import type { ModelVersion } from "../registry/index.ts";
import { createServing } from "./serving.ts";

const signature: Signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [-1], nullable: false }],
  outputs: [{ name: "y", datatype: "FP32", shape: [-1] }],
  packed: null,
  batched: true,
};

/** Opens copies in memory; the `broken`th does not open. */
function createRuntime(broken: number): Runtime & { readonly open: Runtime["open"]; alive(): number } {
  let [tries, alive] = [0, 0];
  return {
    alive: () => alive,
    async open() {
      if (++tries === broken) throw new SlipwayError("not_ready", "No thread is left.");
      alive++;
      const replica: Replica = { run: async ([x]) => [{ ...x!, name: "y" }], close: async () => void alive-- };
      return replica;
    },
  };
}

function createServingOn(runtime: Runtime) {
  const blobs = { layout: async () => {} } as unknown as BlobStore;
  const logger = silentLogger;
  return createServing({
    folder: "",
    blobs,
    findRuntime: async () => runtime,
    batchRows: 8,
    clock: systemClock,
    logger,
  });
}

const version = {
  id: createId(),
  model: "m",
  version: 1,
  program: { kind: "onnx" },
  placement: "worker",
  signature,
  files: [],
  entry: "m.onnx",
};
const slow = version as unknown as ModelVersion;

test("where one copy of a version does not open, the others are closed, and the next try is a new one", async () => {
  const runtime = createRuntime(2);
  const serving = createServingOn(runtime);
  await expect(serving.acquire(slow, { replicas: 3 })).rejects.toMatchObject({ code: "not_ready" });
  expect(runtime.alive()).toBe(0);
  const loaded = await serving.acquire(slow, { replicas: 3 });
  expect([runtime.alive(), serving.busy()]).toEqual([3, false]);
  await serving.release(loaded);
  expect(runtime.alive()).toBe(0);
});

test("a version is freed by its last user", async () => {
  const runtime = createRuntime(0);
  const serving = createServingOn(runtime);
  const [one, other] = await Promise.all([
    serving.acquire(slow, { replicas: 2 }),
    serving.acquire(slow, { replicas: 2 }),
  ]);
  expect(one).toBe(other);
  await serving.release(one);
  expect(runtime.alive()).toBe(2);
  await serving.release(other);
  expect(runtime.alive()).toBe(0);
});

/** A version of these files, laid out from real blobs, whose examples say that y is x. */
async function createVersion(room: string) {
  const blobs = createBlobStore({ folder: join(room, "blobs") });
  const x = { name: "x", datatype: "FP32" as const, shape: [3], data: Float32Array.of(1, 2, 3) };
  const expected = { output: "y", form: "value" as const, classes: [], tensor: { ...x, name: "y" } };
  const bytes = encodeExamples({ rows: 3, tolerance: defaultTolerance, requests: [[x]], expected: [expected] });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await blobs.put(sha256, Readable.from([bytes]), { offset: 0, total: bytes.length });
  const files = [{ path: examplesFile, sha256, size: bytes.length }];
  return { blobs, version: { ...slow, files } as ModelVersion };
}

test("every copy answers the examples before it serves; where one does not, none stays open", async () => {
  const room = await mkdtemp(join(tmpdir(), "slipway-"));
  const { blobs, version: known } = await createVersion(room);
  let opened = 0;
  let alive = 0;
  let odd = 2;
  const runtime: Runtime = {
    async open() {
      const isOdd = ++opened === odd;
      alive++;
      const answer = (x: Tensor) =>
        isOdd
          ? { ...x, name: "y", data: Float32Array.from(x.data as Float32Array, (v) => v + 1) }
          : { ...x, name: "y" };
      return { run: async ([x]) => [answer(x!)], close: async () => void alive-- };
    },
  };
  const findRuntime = async () => runtime;
  const deps = {
    folder: join(room, "loaded"),
    blobs,
    findRuntime,
    batchRows: 8,
    clock: systemClock,
    logger: silentLogger,
  };
  const serving = createServing(deps);
  const refused = await serving.acquire(known, { replicas: 3 }).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "parity_failed", details: { rows: 3, worst: { output: "y" } } });
  expect((refused as Error).message).toMatch(/^m@1 does not answer its examples/);
  expect(alive).toBe(0);
  odd = 0;
  const loaded = await serving.acquire(known, { replicas: 3 });
  expect(alive).toBe(3);
  // Beside what serves, and gone afterwards.
  expect(await serving.proveVersion(known)).toMatchObject({ placement: "worker", parity: { identical: true } });
  expect(alive).toBe(3);
  expect(await readdir(join(room, "loaded"))).toEqual([known.id]);
  await serving.release(loaded);
  await rm(room, { recursive: true });
});

test("a copy that was started anew answers the examples again before it serves", async () => {
  const room = await mkdtemp(join(tmpdir(), "slipway-"));
  const { blobs, version: known } = await createVersion(room);
  const opened: OpenOptions[] = [];
  const answer = (x: Tensor) => ({ ...x, name: "y" });
  const runtime: Runtime = {
    async open(_files, _signature, options) {
      opened.push(options);
      return { run: async ([x]) => [answer(x!)], close: async () => {} };
    },
  };
  const deps = { folder: join(room, "loaded"), blobs, findRuntime: async () => runtime, batchRows: 8 };
  const serving = createServing({ ...deps, clock: systemClock, logger: silentLogger });
  const loaded = await serving.acquire(known, { replicas: 1, threads: 3, device: "cuda", memoryBytes: 9 });
  expect(opened).toMatchObject([{ threads: 3, device: "cuda", memoryBytes: 9, what: "m@1" }]);
  const { check } = opened[0]!;
  const close = async () => {};
  await check!({ run: async ([x]) => [answer(x!)], close });
  const odd = (x: Tensor) => ({ ...answer(x), data: Float32Array.from(x.data as Float32Array, (v) => v + 1) });
  await expect(check!({ run: async ([x]) => [odd(x!)], close })).rejects.toMatchObject({ code: "parity_failed" });
  await serving.release(loaded);
  await rm(room, { recursive: true });
});

test("a model that never opens is given up, and what comes of it later is closed", async () => {
  const { promise, resolve } = Promise.withResolvers<Replica>();
  let closed = false;
  let told: AbortSignal | undefined;
  const runtime: Runtime = {
    open(_files, _signature, { signal }) {
      told = signal;
      return promise;
    },
  };
  const blobs = { layout: async () => {} } as unknown as BlobStore;
  const base = {
    folder: "",
    blobs,
    findRuntime: async () => runtime,
    batchRows: 8,
    clock: systemClock,
    logger: silentLogger,
  };
  const serving = createServing({ ...base, loadTimeoutMs: 20 });
  await expect(serving.acquire(slow, { replicas: 1 })).rejects.toMatchObject({
    code: "too_slow",
    details: { limit_ms: 20 },
  });
  expect([serving.busy(), told?.aborted]).toEqual([true, true]);
  resolve({ run: async ([x]) => [{ ...x!, name: "y" }], close: async () => void (closed = true) });
  await expect.poll(() => [closed, serving.busy()]).toEqual([true, false]);
});
