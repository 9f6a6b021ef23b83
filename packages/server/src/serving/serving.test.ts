import { expect, test } from "vitest";
import { SlipwayError } from "@slipway/contract";
import type { Replica, Runtime, Signature } from "@slipway/runtime";
import { systemClock } from "../kernel/clock.ts";
import { createId } from "../kernel/ids.ts";
import { silentLogger } from "../kernel/logger.ts";
import type { BlobStore } from "../platform/blobs/index.ts";
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
  return createServing({ folder: "", blobs, runtimes: { worker: runtime }, batchRows: 8, clock: systemClock, logger });
}

const version = { id: createId(), model: "m", version: 1, placement: "worker", signature, files: [], entry: "m.onnx" };
const slow = version as unknown as ModelVersion;

test("where one copy of a version does not open, the others are closed, and the next try is a new one", async () => {
  const runtime = createRuntime(2);
  const serving = createServingOn(runtime);
  await expect(serving.acquire(slow, 3)).rejects.toMatchObject({ code: "not_ready" });
  expect(runtime.alive()).toBe(0);
  const loaded = await serving.acquire(slow, 3);
  expect([runtime.alive(), serving.busy()]).toEqual([3, false]);
  await serving.release(loaded);
  expect(runtime.alive()).toBe(0);
});

test("a version is freed by its last user", async () => {
  const runtime = createRuntime(0);
  const serving = createServingOn(runtime);
  const [one, other] = await Promise.all([serving.acquire(slow, 2), serving.acquire(slow, 2)]);
  expect(one).toBe(other);
  await serving.release(one);
  expect(runtime.alive()).toBe(2);
  await serving.release(other);
  expect(runtime.alive()).toBe(0);
});
