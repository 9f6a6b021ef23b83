import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test } from "vitest";
import { createProcessRuntime } from "../process/process-runtime.ts";
import type { Replica, Runtime } from "../runtime.ts";
import type { Datatype, Tensor } from "../tensor.ts";
import { onnxModelCommand } from "./model-command.ts";
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

test.skipIf(process.platform !== "linux")(
  "a thread for work that nobody waits for has the lowest priority, and no other has",
  async () => {
    const lowest = () =>
      readdirSync("/proc/self/task").filter((id) => {
        const stat = readFileSync(`/proc/self/task/${id}/stat`, "utf8");
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16] === "19";
      }).length;
    const before = lowest();
    await open(createWorkerRuntime(), "matrix");
    expect(lowest()).toBe(before);
    const options = { threads: 1, background: true };
    const replica = await createWorkerRuntime().open(modelFiles("matrix"), await signatureOf("matrix"), options);
    replicas.push(replica);
    expect(await replica.run([row(1)])).toHaveLength(1);
    expect(lowest()).toBeGreaterThan(before);
  },
);

describe.each([
  ["thread", () => createThreadRuntime()],
  ["worker", () => createWorkerRuntime()],
  ["process", () => createProcessRuntime({ command: onnxModelCommand(), environment: {} })],
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

test("a model on CUDA is refused where that is not there, and in the server's own thread", async () => {
  const signature = await signatureOf("matrix");
  for (const [runtime, why] of [
    [createThreadRuntime(), /own thread/],
    [createWorkerRuntime(), /cannot compute on CUDA here/],
  ] as const) {
    const opening = runtime.open(modelFiles("matrix"), signature, { threads: 1, device: "cuda" });
    await expect(opening).rejects.toMatchObject({ code: "precondition_failed", message: expect.stringMatching(why) });
  }
});
