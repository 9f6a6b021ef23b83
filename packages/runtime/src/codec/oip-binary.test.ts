import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Signature } from "../signature.ts";
import { datatypes, type Datatype, type Tensor } from "../tensor.ts";
import { byteLength, readTensorData, writeTensorData } from "./binary.ts";
import { requireRenderable, selectOutputs } from "./oip-outputs.ts";
import { takesRawBytes } from "./oip-raw.ts";
import { parseOipRequest } from "./oip-request.ts";
import { renderOipAnswer } from "./oip-response.ts";
import { parseHeaderLength } from "./oip-tail.ts";
import { tensorOf } from "./testing/arbitraries.ts";

const signature: Signature = { inputs: [], outputs: [], packed: null, batched: true };
const one = (datatype: Datatype, shape: readonly number[], batched = true): Signature => ({
  ...signature,
  inputs: [{ name: "x", datatype, shape, nullable: false }],
  batched,
});

interface Piece {
  readonly tensor: Tensor;
  readonly binary: boolean;
}

/** A request as a client makes it; `pad` more spaces in the JSON move the tensors. */
function encode(pieces: readonly Piece[], pad = 0): { body: Buffer; headerLength: number } {
  const behind = pieces.filter(({ binary }) => binary).map(({ tensor }) => toBytes(tensor));
  const inputs = pieces.map(({ tensor: { name, datatype, shape, data }, binary }, i) => ({
    name,
    datatype,
    shape,
    ...(binary
      ? { parameters: { binary_data_size: toBytes(pieces[i]!.tensor).length } }
      : {
          data: Array.from(data as Iterable<unknown>, (value) => (typeof value === "bigint" ? String(value) : value)),
        }),
  }));
  const json = Buffer.from(JSON.stringify({ inputs }) + " ".repeat(pad));
  return { body: Buffer.concat([json, ...behind]), headerLength: json.length };
}

function toBytes(tensor: Tensor): Buffer {
  const bytes = Buffer.alloc(byteLength(tensor));
  writeTensorData(tensor, bytes, 0);
  return bytes;
}

const tensors = fc.uniqueArray(tensorOf({ datatype: fc.constantFrom(...datatypes) }), {
  minLength: 1,
  maxLength: 4,
  selector: ({ name }) => name,
});
const pieces = fc.tuple(tensors, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 })).map(([all, flags]) =>
  all.map((tensor, i) => {
    // What JSON says of it is a matter of other tests.
    const mustBeBinary = tensor.datatype.startsWith("FP") || tensor.datatype === "BYTES";
    return { tensor, binary: mustBeBinary || flags[i]! };
  }),
);

describe("binary tensors", () => {
  test("what is encoded is parsed, wherever it lies, beside tensors in JSON", () => {
    fc.assert(
      fc.property(pieces, fc.nat(8), (all, pad) => {
        const { body, headerLength } = encode(all, pad);
        expect(parseOipRequest(body, signature, headerLength).inputs).toEqual(all.map(({ tensor }) => tensor));
      }),
      { numRuns: 500 },
    );
  });

  test("what is answered is read back by its sizes, in one buffer", () => {
    fc.assert(
      fc.property(pieces, (all) => {
        const outputs = all.map(({ tensor }) => tensor);
        const response = { modelName: "m", modelVersion: "1", id: "ä", outputs };
        const { body, headerLength } = renderOipAnswer(response, (i) => all[i]!.binary);
        if (headerLength === null) {
          expect(typeof body).toBe("string");
          return;
        }
        const bytes = body as Buffer;
        const json = JSON.parse(bytes.toString("utf8", 0, headerLength)) as { outputs: Loose[] };
        let at = headerLength;
        json.outputs.forEach((output, i) => {
          expect(output).toMatchObject({ name: outputs[i]!.name, datatype: outputs[i]!.datatype });
          if (!all[i]!.binary) {
            expect(output["data"]).toHaveLength(outputs[i]!.data.length);
            return;
          }
          const size = (output["parameters"] as { binary_data_size: number }).binary_data_size;
          const data = readTensorData(outputs[i]!.datatype, outputs[i]!.shape, bytes.subarray(at, at + size));
          expect(data).toEqual(outputs[i]!.data);
          at += size;
        });
        expect(at).toBe(bytes.length);
      }),
      { numRuns: 300 },
    );
  });

  test("aligned numbers are views of the body, others are copied once", () => {
    const tensor: Tensor = { name: "x", datatype: "FP32", shape: [4], data: Float32Array.of(1, 2, 3, 4) };
    const seen = new Set<boolean>();
    for (let pad = 0; pad < 4; pad++) {
      const { body: pooled, headerLength } = encode([{ tensor, binary: true }], pad);
      const body = Buffer.from(new Uint8Array(pooled).buffer);
      const data = parseOipRequest(body, signature, headerLength).inputs[0]!.data as Float32Array;
      expect(data.buffer === body.buffer).toBe(headerLength % 4 === 0);
      seen.add(headerLength % 4 === 0);
      expect(data).toEqual(tensor.data);
    }
    expect(seen.size).toBe(2);
  });

  const x = (extra: object, shape: unknown = [2], datatype = "FP32") =>
    JSON.stringify({ inputs: [{ name: "x", datatype, shape, ...extra }] });
  const size = (binary_data_size: unknown) => ({ parameters: { binary_data_size } });
  test.each([
    [
      "a size that is not the shape's",
      x(size(4)),
      4,
      /"x" is FP32 \[2\], which is 8 bytes, but "binary_data_size" is 4/,
    ],
    ["fewer bytes than the size", x(size(8)), 7, /"binary_data_size" 8, but 7 of the 7 bytes behind the JSON are left/],
    ["more bytes than the sizes", x(size(8)), 11, /3 of the 11 bytes behind the JSON belong to no input/],
    ["both forms", x({ data: [1, 2], ...size(8) }), 8, /both "data" and "binary_data_size"/],
    ["neither form", x({}), 0, /needs "data"/],
    ["a size that is no number", x(size("8")), 8, /no number of bytes: the string "8"/],
    ["a negative size", x(size(-8)), 8, /no number of bytes: -8/],
    ["a fraction", x(size(1.5)), 8, /no number of bytes: 1.5/],
    ["a negative dimension", x(size(8), [-2]), 8, /no whole number/],
    ["a huge shape", x(size(8), [4294967295, 4294967295]), 8, /more elements than can be/],
    ["a large shape and few bytes", x(size(8), [4294967295]), 8, /which is 17179869180 bytes/],
    ["text cut in its length", x(size(3), [1], "BYTES"), 3, /"x" \(BYTES \[1\]\): expected at least 4 bytes, got 3/],
    ["more texts than bytes", x(size(8), [400000000], "BYTES"), 8, /expected at least 1600000000 bytes/],
    ["BF16", x(size(4), [2], "BF16"), 4, /"BF16", which no model here takes; convert the values to FP32 or FP16/],
    ["shared memory", x({ parameters: { shared_memory_region: "r" } }), 0, /shared memory/],
  ])("refuses %s", (_what, json, behind, message) => {
    const body = Buffer.concat([Buffer.from(json), Buffer.alloc(behind)]);
    expect(() => parseOipRequest(body, signature, json.length)).toThrow(message);
  });

  test("a text whose length goes beyond its end, and a BOOL that is neither, name themselves", () => {
    const long = Buffer.concat([Buffer.from(x(size(8), [1], "BYTES")), Buffer.from([255, 0, 0, 0, 1, 2, 3, 4])]);
    expect(() => parseOipRequest(long, signature, long.length - 8)).toThrow(
      /element 0 ends at byte 259, after the end/,
    );
    const bool = Buffer.concat([Buffer.from(x(size(2), [2], "BOOL")), Buffer.from([1, 2])]);
    expect(() => parseOipRequest(bool, signature, bool.length - 2)).toThrow(/element 1 is 2, expected 0 or 1/);
  });

  test.each(["", "x", "-1", "1.5", "11", "9".repeat(400), "0x1"])("a header length of %j is refused", (text) => {
    expect(() => parseHeaderLength(text, 10)).toThrow(/from 0 to the 10 of the body/);
  });
  test.each([0, 7, 10])("a header length of %d is taken", (length) => {
    expect(parseHeaderLength(String(length), 10)).toBe(length);
  });

  test("bytes that are changed, cut or added to are parsed or refused, never more", () => {
    const edit = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "insert"));
    fc.assert(
      fc.property(pieces, fc.array(edit, { maxLength: 4 }), fc.integer({ min: -20, max: 20 }), (all, edits, moved) => {
        const good = encode(all);
        let bytes = [...good.body];
        for (const [at, byte, how] of edits) {
          const place = at % (bytes.length + 1);
          if (how === "cut") bytes = bytes.slice(0, place);
          else bytes.splice(place, how === "set" ? 1 : 0, byte);
        }
        const headerLength = Math.max(0, Math.min(bytes.length, good.headerLength + moved));
        try {
          parseOipRequest(Buffer.from(bytes), one("BYTES", [-1]), headerLength);
        } catch (error) {
          expect(error).toMatchObject({ name: "SlipwayError", kind: "invalid" });
        }
      }),
      { numRuns: 1000 },
    );
  });
});

type Loose = Record<string, unknown>;

describe("a body without JSON", () => {
  const raw = (bytes: Uint8Array, model: Signature) => parseOipRequest(bytes, model, 0).inputs[0]!;
  const floats = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

  test("is one row of the only input, the size of one dimension found out", () => {
    expect(raw(floats, one("FP32", [-1, 6]))).toMatchObject({ name: "x", shape: [1, 6] });
    expect(raw(floats, one("FP32", [-1, -1, 2]))).toMatchObject({ shape: [1, 3, 2] });
    expect(raw(floats, one("FP32", [-1], false))).toMatchObject({ shape: [6] });
    const packed: Signature = {
      ...one("FP32", [-1]),
      inputs: ["a", "b"].map((name) => ({ name, datatype: "FP32", shape: [-1], nullable: false })),
      packed: { tensor: "X", datatype: "FP32" },
    };
    expect(raw(floats.subarray(0, 8), packed)).toMatchObject({ name: "X", shape: [1, 2], data: Float32Array.of(1, 2) });
  });

  test("is one value of BYTES as it is, text or not", () => {
    expect(raw(Buffer.from("häuser"), one("BYTES", [-1]))).toMatchObject({ shape: [1], data: ["häuser"] });
    expect(raw(Uint8Array.of(255, 216), one("BYTES", [-1, 1]))).toMatchObject({
      shape: [1, 1],
      data: [Uint8Array.of(255, 216)],
    });
    expect(raw(new Uint8Array(), one("BYTES", [1], false))).toMatchObject({ data: [""] });
  });

  test("is answered as binary", () => {
    expect(parseOipRequest(floats, one("FP32", [-1, 6]), 0).binary).toBe(true);
  });

  test.each([
    [one("FP32", [-1, 5]), /"x" \(FP32 \[1, 5\]\): expected 20 bytes, got 24/],
    [one("FP32", [-1, -1, -1]), /tells too little/],
    [one("FP64", [-1, -1, 2]), /FP64 \[1, 1, 2\]\): expected 16 bytes, got 24/],
    [one("FP32", [-1, -1, 0]), /tells too little/],
    [one("BYTES", [-1, 3]), /a body without JSON is one value/],
    [{ ...signature, inputs: [...one("FP32", [-1]).inputs, ...one("FP32", [-1]).inputs] }, /has 2/],
    [signature, /has 0/],
  ] as const)("refuses what it does not tell", (model, message) => {
    expect(() => raw(floats, model)).toThrow(message);
  });

  test("a file is only taken by a model of one value of BYTES", () => {
    expect([one("BYTES", [-1]), one("BYTES", [-1, 1]), one("BYTES", [1], false)].map(takesRawBytes)).toEqual(
      Array(3).fill(true),
    );
    expect([one("BYTES", [-1, 2]), one("FP32", [-1]), signature].map(takesRawBytes)).toEqual(Array(3).fill(false));
  });
});

describe("what a request asks of the answer", () => {
  const model: Signature = {
    ...signature,
    outputs: [
      { name: "half", datatype: "FP16", shape: [-1] },
      { name: "p", datatype: "FP32", shape: [-1, 3], classes: ["a", "b", "c"] },
      { name: "text", datatype: "BYTES", shape: [-1] },
    ],
  };
  const ask = (outputs: unknown, parameters = {}) =>
    parseOipRequest({ inputs: [{ name: "x", datatype: "FP32", shape: [1], data: [1] }], outputs, parameters }, model);
  const check = (outputs: unknown, parameters = {}) => {
    const { outputs: asked, binary } = ask(outputs, parameters);
    requireRenderable(model, asked, binary);
  };

  test("an output's own word goes before that of the request", () => {
    const outputs = [{ name: "half" }, { name: "p", parameters: { binary_data: false } }];
    expect(ask(outputs, { binary_data_output: true }).outputs!.map(({ binary }) => binary)).toEqual([true, false]);
    expect(ask(undefined, { binary_data_output: true }).binary).toBe(true);
    expect(() => ask([{ name: "p", parameters: { binary_data: "yes" } }])).toThrow(
      '"binary_data" must be true or false',
    );
  });

  test("FP16 in JSON, and what the model does not give, are refused before the run", () => {
    expect(() => check(undefined)).toThrow('Output "half" has datatype FP16, which has no JSON form');
    expect(() => check([{ name: "half" }])).toThrow("Ask for it as binary");
    check([{ name: "p" }]);
    check(undefined, { binary_data_output: true });
    check([{ name: "half", parameters: { binary_data: true } }]);
    expect(() => check([{ name: "hal" }])).toThrow('Did you mean "half"?');
    expect(() => check([{ name: "text", parameters: { classification: 1 } }])).toThrow("no highest values");
    expect(() => check([{ name: "p", parameters: { shared_memory_region: "r" } }])).toThrow("shared memory");
    expect(() => check([{ name: "p", parameters: { classification: -1 } }])).toThrow("whole number");
  });

  test("classification gives the highest values with index and class", () => {
    const p: Tensor = { name: "p", datatype: "FP32", shape: [2, 3], data: Float32Array.of(0.25, 0.5, 0.25, NaN, 1, 2) };
    const { outputs } = ask([{ name: "p", parameters: { classification: 2 } }]);
    expect(selectOutputs([p], outputs, model.outputs)).toEqual([
      {
        name: "p",
        datatype: "BYTES",
        shape: [2, 2],
        data: ["0.500000:1:b", "0.250000:0:a", "2.000000:2:c", "1.000000:1:b"],
      },
    ]);
  });

  test.each([
    [undefined, null],
    [0, null],
    [1500, 1.5],
    ["2000", 2],
  ])("a timeout of %j microseconds is %j ms", (timeout, ms) => {
    expect(ask(undefined, timeout === undefined ? {} : { timeout }).timeoutMs ?? null).toBe(ms);
  });
  test.each([-1, "soon", true, {}])("a timeout of %j is refused", (timeout) => {
    expect(() => ask(undefined, { timeout })).toThrow(/"timeout" must be a number of microseconds/);
  });
  test("parameters that nobody knows mean nothing", () => {
    const request = ask(undefined, { priority: 3, sequence_id: 7, sequence_start: true, mine: "x" });
    expect(request.timeoutMs).toBeUndefined();
  });
});
