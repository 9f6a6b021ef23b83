import type { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test } from "vitest";
import type { Replica, Runtime } from "../runtime.ts";
import type { Datatype, Tensor } from "../tensor.ts";
import { irisProbabilities, irisRows, modelFiles, signatureOf, tensorOf } from "./testing/models.ts";
import { createThreadRuntime } from "./thread-runtime.ts";
import { createWorkerRuntime } from "./worker-runtime.ts";

const replicas: Replica[] = [];
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.close()));
});

async function open(runtime: Runtime, name: string): Promise<Replica> {
  const replica = await runtime.open(modelFiles(name), await signatureOf(name), { threads: 1 });
  replicas.push(replica);
  return replica;
}

const row = (n: number) => tensorOf("X", "FP32", [1, 4], [n, n, n, n]);

const samples: Record<string, [Datatype, (number | string)[]]> = {
  bool: ["BOOL", [1, 0]],
  uint8: ["UINT8", [0, 255]],
  uint16: ["UINT16", [0, 65535]],
  uint32: ["UINT32", [0, 4294967295]],
  uint64: ["UINT64", ["0", "18446744073709551615"]],
  int8: ["INT8", [-128, 127]],
  int16: ["INT16", [-32768, 32767]],
  int32: ["INT32", [-2147483648, 2147483647]],
  int64: ["INT64", ["-9223372036854775808", "9007199254740993"]],
  fp16: ["FP16", [0x3c00, 0x7e00]],
  fp32: ["FP32", [1.5, Number.NaN]],
  fp64: ["FP64", [1e-300, Number.POSITIVE_INFINITY]],
  text: ["BYTES", ["", "é😀"]],
};

describe.each([
  ["thread", () => createThreadRuntime()],
  ["worker", () => createWorkerRuntime()],
] as const)("the %s runtime", (_name, create) => {
  test("carries every datatype both ways, and leaves the caller's tensors alone", async () => {
    const replica = await open(create(), "identity");
    const inputs = Object.entries(samples).map(([name, [datatype, data]]) =>
      tensorOf(`${name}_in`, datatype, [1, 2], data),
    );
    const before = structuredClone(inputs);
    const outputs = await replica.run(inputs);
    expect(inputs).toEqual(before);
    expect(outputs).toEqual(inputs.map((tensor) => ({ ...tensor, name: tensor.name.replace("_in", "_out") })));
    const empty = inputs.map((tensor) => ({ ...tensor, shape: [0, 2], data: tensor.data.slice(0, 0) }));
    expect((await replica.run(empty)).map(({ shape }) => shape)).toEqual(empty.map(() => [0, 2]));
  });

  test("takes views of a shared buffer and bytes that are text", async () => {
    const replica = await open(create(), "matrix");
    const whole = new Float32Array([9, 9, 1, 2, 3, 4, 9]);
    const [y] = await replica.run([{ name: "X", datatype: "FP32", shape: [1, 4], data: whole.subarray(2, 6) }]);
    expect(y).toEqual({ name: "y", datatype: "FP32", shape: [1, 1], data: new Float32Array([30]) });
    expect(whole[2]).toBe(1);

    const columns = await open(create(), "columns");
    const origin: Tensor = { name: "origin", datatype: "BYTES", shape: [1, 1], data: [Buffer.from("JFK")] };
    const rest = [tensorOf("hour", "FP32", [1, 1], [20]), tensorOf("late", "FP32", [1, 1], [15])];
    expect((await columns.run([origin, ...rest])).map(({ name }) => name)).toEqual(["label", "probabilities"]);
    for (const data of [[Uint8Array.of(0xff)], ["JFK\0"]])
      await expect(columns.run([{ ...origin, data }, ...rest])).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("gives scikit-learn's probabilities", async () => {
    const replica = await open(create(), "iris-int");
    const [label, probabilities] = await replica.run([tensorOf("X", "FP32", [3, 4], irisRows)]);
    expect(label!.data).toEqual(new BigInt64Array([0n, 1n, 2n]));
    for (const [i, expected] of irisProbabilities.entries()) expect(probabilities!.data[i]).toBeCloseTo(expected, 4);
  });

  test("finds the weights in another file", async () => {
    const [y] = await (await open(create(), "external")).run([row(1)]);
    expect(y!.data).toEqual(new Float32Array([10]));
  });

  test("says what failed, and goes on", async () => {
    const replica = await open(create(), "picky");
    await expect(replica.run([tensorOf("code", "INT64", [1], [6])])).rejects.toMatchObject({ code: "model_failed" });
    await expect(replica.run([tensorOf("code", "INT64", [1], [11])])).resolves.toMatchObject([
      { data: new Float32Array([1]) },
    ]);
  });

  test("refuses files that it cannot open, and closed copies", async () => {
    const signature = await signatureOf("matrix");
    for (const [name, message] of [
      ["garbage-truncated", /not an ONNX file/],
      ["garbage-empty", /not an ONNX file/],
      ["bfloat16", /16/],
      ["unknown-operator", /operator that ONNX Runtime does not have/],
      ["absent", /absent\.onnx/],
    ] as const) {
      const opening = create().open(modelFiles(name), signature, { threads: 1 });
      await expect(opening).rejects.toMatchObject({ code: "invalid_model", message: expect.stringMatching(message) });
      await expect(opening).rejects.not.toMatchObject({ message: expect.stringContaining("/") });
    }
    const replica = await open(create(), "matrix");
    await replica.close();
    await replica.close();
    await expect(replica.run([row(1)])).rejects.toMatchObject({ code: "not_ready" });
  });
});

/** A message that it does not know: it dies of an exception, in JavaScript. */
function kill(worker: Worker): Promise<void> {
  worker.postMessage(null);
  return new Promise((resolve) => worker.once("exit", () => resolve()));
}

describe("a worker that dies", () => {
  test("fails exactly its own requests and comes back", async () => {
    const workers: Worker[] = [];
    const seen = (worker: Worker) => workers.push(worker);
    process.on("worker", seen);
    try {
      const deaths: string[] = [];
      const runtime = createWorkerRuntime({ backoffMs: 300, onDeath: (reason) => deaths.push(reason) });
      const [dying, other] = [await open(runtime, "slow"), await open(runtime, "matrix")];
      const [first] = workers;
      const death = kill(first!);
      const held = dying.run([tensorOf("X", "FP32", [1, 1], [1])]);
      const failure = expect(held).rejects.toMatchObject({
        code: "model_failed",
        message: expect.stringContaining("died"),
      });
      await expect(other.run([row(1)])).resolves.toMatchObject([{ data: new Float32Array([10]) }]);
      await death;
      await failure;
      await expect(dying.run([])).rejects.toMatchObject({
        code: "not_ready",
        message: expect.stringContaining("restarted"),
      });
      await expect(other.run([row(2)])).resolves.toMatchObject([{ data: new Float32Array([20]) }]);
      expect(deaths).toHaveLength(1);
    } finally {
      process.off("worker", seen);
    }
  });

  test("answers again after its restart", async () => {
    const workers: Worker[] = [];
    const seen = (worker: Worker) => workers.push(worker);
    process.on("worker", seen);
    try {
      const replica = await open(createWorkerRuntime({ backoffMs: 1 }), "matrix");
      for (let life = 0; life < 3; life++) {
        await kill(workers.at(-1)!);
        await expect(replica.run([row(1)])).rejects.toMatchObject({ code: "not_ready" });
        await expect
          .poll(
            () =>
              replica.run([row(1)]).then(
                ([y]) => y!.data[0],
                () => null,
              ),
            { timeout: 5000 },
          )
          .toBe(10);
      }
      expect(workers).toHaveLength(4);
    } finally {
      process.off("worker", seen);
    }
  });
});

test("closing a worker in the middle of its runs answers them first", async () => {
  const replica = await open(createWorkerRuntime(), "slow");
  const runs = [1, 2, 3].map((x) => replica.run([tensorOf("X", "FP32", [1, 1], [x])]));
  await Promise.all([replica.close(), replica.close()]);
  expect(await Promise.all(runs)).toHaveLength(3);
  await expect(replica.run([])).rejects.toMatchObject({ code: "not_ready" });
});

test("a worker leaves the caller's thread free while it runs", async () => {
  const replica = await open(createWorkerRuntime(), "slow");
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  await replica.run([tensorOf("X", "FP32", [1, 1], [1])]);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
});
