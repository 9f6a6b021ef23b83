import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Replica, Runtime } from "../runtime.ts";
import type { InputSpec, Signature } from "../signature.ts";
import { missingText, type Datatype, type Tensor } from "../tensor.ts";
import { adaptRuntime } from "./adapt-runtime.ts";
import type { OnnxAdapter, RefusedValues } from "./adapter.ts";

/** A file that gives back what it takes. */
function createEcho(seen: Tensor[][] = []): Runtime {
  return {
    open: async (_files, { outputs }, { check }) => {
      const replica: Replica = {
        run: async (inputs) => {
          seen.push([...inputs]);
          return outputs.map(({ name }, i) => ({ ...inputs[i]!, name }));
        },
        close: async () => {},
      };
      await check?.(replica);
      return replica;
    },
  };
}

const input = (name: string, datatype: Datatype): InputSpec => ({ name, datatype, shape: [-1], nullable: true });
const port = (name: string, datatype: Datatype, width: number) => ({
  name,
  datatype,
  shape: [-1, width],
  nullable: true,
});
const files = { folder: "/none", path: "none.onnx" };

/** Columns in, the same out, by way of one matrix or a tensor for each column. */
function echo(specs: readonly InputSpec[], how: { packed?: Datatype; inner: readonly Datatype[] }) {
  const isMatrix = how.inner.length === 1;
  const ports = how.inner.map((datatype, i) => port(`in${i}`, datatype, isMatrix ? specs.length : 1));
  const outer: Signature = {
    inputs: specs,
    outputs: isMatrix
      ? [{ name: "all", datatype: how.packed ?? "FP64", shape: [-1, specs.length] }]
      : specs.map(({ name, datatype }) => ({ name: `${name} out`, datatype, shape: [-1] })),
    packed: how.packed === undefined ? null : { tensor: "X", datatype: how.packed },
    batched: true,
  };
  const adapter: OnnxAdapter = {
    version: 1,
    inner: {
      inputs: ports,
      outputs: ports.map(({ datatype, shape }, i) => ({
        name: `out${i}`,
        datatype,
        shape,
      })),
      packed: null,
      batched: true,
    },
    inputs: isMatrix ? [{ columns: specs.map((_, i) => i) }] : specs.map((_, i) => ({ columns: [i] })),
    outputs: outer.outputs.map((_, i) => ({ from: `out${i}` })),
    missingText: "nothing",
    refused: {},
  };
  return { outer, adapter };
}

async function run(
  { outer, adapter }: ReturnType<typeof echo>,
  tensors: readonly Tensor[],
  refused: Readonly<Record<string, RefusedValues>> = {},
) {
  const runtime = adaptRuntime(createEcho(), { ...adapter, refused });
  return (await runtime.open(files, outer, { threads: 1 })).run(tensors);
}

describe("an adapter", () => {
  test("gives a file that gives back what it takes the values, names and shapes of the original", async () => {
    const value = fc.double({ noDefaultInfinity: true });
    const rows = fc.array(fc.tuple(value, fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }), fc.boolean(), fc.string()));
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const kinds: readonly Datatype[] = ["FP64", "INT64", "BOOL", "BYTES"];
        const names = ["a", "b", "c", "d"];
        const specs = names.map((name, i) => input(name, kinds[i]!));
        const shape = [given.length];
        const tensors: Tensor[] = [
          { name: "a", datatype: "FP64", shape, data: Float64Array.from(given, ([a]) => a) },
          { name: "b", datatype: "INT64", shape, data: BigInt64Array.from(given, ([, b]) => b) },
          { name: "c", datatype: "BOOL", shape, data: Uint8Array.from(given, ([, , c]) => Number(c)) },
          { name: "d", datatype: "BYTES", shape, data: given.map(([, , , d]) => d) },
        ];
        // A whole number travels as a double, truth as one, and both come back as they were.
        const outputs = await run(echo(specs, { inner: ["FP64", "FP64", "INT64", "BYTES"] }), tensors);
        expect(outputs).toEqual(tensors.map((tensor) => ({ ...tensor, name: `${tensor.name} out` })));
      }),
    );
  });

  test("hands a matrix over in the precision of the file, and columns as a matrix", async () => {
    const specs = ["a", "b"].map((name) => input(name, "FP64"));
    const data = Float64Array.of(0.1, 2, 1e39, NaN);
    const matrix: Tensor = { name: "X", datatype: "FP64", shape: [2, 2], data };
    const single = await run(echo(specs, { packed: "FP64", inner: ["FP32"] }), [matrix]);
    expect(single).toEqual([{ ...matrix, name: "all", data: Float64Array.from(Float32Array.from(data)) }]);
    const columns: Tensor[] = [
      { name: "a", datatype: "FP64", shape: [2], data: Float64Array.of(0.1, 1e39) },
      { name: "b", datatype: "FP64", shape: [2], data: Float64Array.of(2, NaN) },
    ];
    expect(await run(echo(specs, { inner: ["FP64"] }), columns)).toEqual([{ ...matrix, name: "all" }]);
  });

  test("takes one column of what the file gives, and says a missing text as the file knows it", async () => {
    const specs = [input("a", "FP64")];
    const { outer, adapter } = echo([...specs, input("b", "FP64")], { packed: "FP64", inner: ["FP64"] });
    const second = { ...adapter, outputs: [{ from: "out0", column: 1 }] };
    const plain: Signature = { ...outer, outputs: [{ name: "p", datatype: "FP64", shape: [-1] }] };
    const matrix: Tensor = { name: "X", datatype: "FP64", shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) };
    expect(await run({ outer: plain, adapter: second }, [matrix])).toEqual([
      { name: "p", datatype: "FP64", shape: [2], data: Float64Array.of(2, 4) },
    ]);
    const texts: Tensor = { name: "d", datatype: "BYTES", shape: [2], data: ["x", missingText] };
    const known = echo([input("d", "BYTES")], { inner: ["BYTES"] });
    known.outer = { ...known.outer, outputs: [{ name: "t", datatype: "BYTES", shape: [-1] }] };
    expect((await run(known, [texts]))[0]!.data).toEqual(["x", "nothing"]);
    known.adapter = { ...known.adapter, missingText: null };
    await expect(run(known, [texts])).rejects.toMatchObject({ code: "invalid_input" });
  });

  test.each<[string, RefusedValues, readonly number[], readonly number[]]>([
    ["missing", { missing: true }, [0, Infinity, 1e300], [NaN]],
    ["infinite", { infinite: true }, [NaN, 1e300], [Infinity, -Infinity]],
    ["too large", { limits: [-5, 3e38] }, [-5, 3e38, NaN, Infinity], [-6, 3.1e38]],
    ["unknown", { others: [1, 2] }, [1, 2, NaN], [3, Infinity]],
  ])("refuses what is %s where the original does, and nothing else", async (_, refused, taken, not) => {
    const shared = echo([input("a", "FP64"), input("b", "FP64")], { packed: "FP64", inner: ["FP64"] });
    const ask = (value: number) =>
      run(shared, [{ name: "X", datatype: "FP64", shape: [1, 2], data: Float64Array.of(9, value) }], { b: refused });
    for (const value of taken) expect((await ask(value))[0]!.data[1]).toBe(value);
    for (const value of not)
      await expect(ask(value)).rejects.toMatchObject({ code: "invalid_input", details: { input: "b", element: 0 } });
  });

  test("refuses texts that the original does not know", async () => {
    const known = echo([input("d", "BYTES")], { inner: ["BYTES"] });
    known.outer = { ...known.outer, outputs: [{ name: "t", datatype: "BYTES", shape: [-1] }] };
    const ask = (data: Tensor["data"]) =>
      run(known, [{ name: "d", datatype: "BYTES", shape: [data.length], data }], { d: { others: ["gas"] } });
    expect((await ask(["gas", missingText]))[0]!.data).toEqual(["gas", "nothing"]);
    await expect(ask(["gas", "coal"])).rejects.toThrow(
      /element 1 is "coal", which this model refuses\. Send one of "gas"/,
    );
  });

  test("shows a copy that is checked as the original", async () => {
    const { outer, adapter } = echo([input("a", "FP64"), input("b", "FP64")], { packed: "FP64", inner: ["FP64"] });
    const matrix: Tensor = { name: "X", datatype: "FP64", shape: [1, 2], data: Float64Array.of(1, 2) };
    let answered: readonly Tensor[] = [];
    const check = async (copy: Replica) => void (answered = await copy.run([matrix]));
    await adaptRuntime(createEcho(), adapter).open(files, outer, { threads: 1, check });
    expect(answered).toEqual([{ ...matrix, name: "all" }]);
  });
});
