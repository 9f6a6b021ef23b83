import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveInputs } from "../pack.ts";
import type { InputSpec, Signature } from "../signature.ts";
import { datatypes } from "../tensor.ts";
import { recordsToTensors } from "./records.ts";

const none = { extraFields: new Set<string>() };

function signatureOf(
  inputs: readonly (Partial<InputSpec> & Pick<InputSpec, "name" | "datatype">)[],
  batched = true,
): Signature {
  return {
    inputs: inputs.map((input) => ({ shape: [-1, 1], nullable: false, ...input })),
    outputs: [],
    packed: null,
    batched,
  };
}

const flights = signatureOf([
  { name: "origin", datatype: "BYTES" },
  { name: "hour", datatype: "INT64", range: [0, 23] },
  { name: "distance", datatype: "FP32", shape: [-1] },
  { name: "origin_late_3h", datatype: "FP32", nullable: true },
]);
const flight = { origin: "SFO", hour: 8, distance: 0.1, origin_late_3h: 0.25 };

function refusal(signature: Signature, records: readonly unknown[], extraFields: string[] = []): string {
  try {
    recordsToTensors(signature, records, { extraFields: new Set(extraFields) });
  } catch (error) {
    expect(error).toMatchObject({ name: "SlipwayError", code: "invalid_input" });
    return (error as Error).message;
  }
  throw new Error("It was not refused.");
}

describe("records", () => {
  test("become the signature's tensors, one row a record", () => {
    const { tensors, extra } = recordsToTensors(flights, [flight, { hour: 23, origin: "LAX", distance: 5 }], none);
    expect(tensors).toEqual([
      { name: "origin", datatype: "BYTES", shape: [2, 1], data: ["SFO", "LAX"] },
      { name: "hour", datatype: "INT64", shape: [2, 1], data: BigInt64Array.of(8n, 23n) },
      { name: "distance", datatype: "FP32", shape: [2], data: Float32Array.of(0.1, 5) },
      { name: "origin_late_3h", datatype: "FP32", shape: [2, 1], data: Float32Array.of(0.25, NaN) },
    ]);
    expect(extra).toEqual([null, null]);
  });

  test("extra fields are kept a row, and only those that are named", () => {
    const options = { extraFields: new Set(["flight_id", "carrier", "__proto__"]) };
    const records = [
      { ...flight, flight_id: "f1" },
      flight,
      JSON.parse(`{"__proto__": 1, "carrier": null, ${JSON.stringify(flight).slice(1)}`),
    ];
    const { extra } = recordsToTensors(flights, records, options);
    expect(extra[0]).toEqual({ flight_id: "f1" });
    expect(extra[1]).toBeNull();
    expect(JSON.stringify(extra[2])).toBe('{"__proto__":1,"carrier":null}');
    expect(refusal(flights, [{ ...flight, flight_id: 1 }], ["carrier"])).toContain('no input "flight_id"');
  });

  test("nested values for inputs of higher rank, open sizes learnt from the first", () => {
    const signature = signatureOf([
      { name: "image", datatype: "UINT8", shape: [-1, 2, 2] },
      { name: "tokens", datatype: "INT32", shape: [-1, -1] },
      { name: "maybe", datatype: "FP16", shape: [-1, 2], nullable: true },
    ]);
    const { tensors } = recordsToTensors(
      signature,
      [
        {
          image: [
            [1, 2],
            [3, 4],
          ],
          tokens: [1, 2, 3],
        },
        {
          image: [
            [5, 6],
            [7, 8],
          ],
          tokens: [4, 5, 6],
          maybe: [1, null],
        },
      ],
      none,
    );
    expect(tensors[0]).toMatchObject({ shape: [2, 2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    expect(tensors[1]).toMatchObject({ shape: [2, 3], data: Int32Array.of(1, 2, 3, 4, 5, 6) });
    expect(tensors[2]).toMatchObject({ shape: [2, 2], data: Uint16Array.of(0x7e00, 0x7e00, 0x3c00, 0x7e00) });
    const bad = [
      {
        image: [
          [1, 2],
          [3, 4],
        ],
        tokens: [1],
      },
      {
        image: [
          [1, 2],
          [3, "x"],
        ],
        tokens: [1, 2],
      },
    ];
    expect(refusal(signature, bad)).toContain('records[1]: Input "image"[1][1]: expected uint8, got the string "x"');
    expect(
      refusal(signature, [
        bad[0],
        {
          image: [
            [1, 2],
            [3, 4],
          ],
          tokens: [1, 2],
        },
      ]),
    ).toContain("expected an array of 1, got an array of 2");
  });

  test("a model without a batch takes one record, whole", () => {
    const signature = signatureOf(
      [
        { name: "x", datatype: "FP32", shape: [1, 3] },
        { name: "y", datatype: "FP32", shape: [1] },
      ],
      false,
    );
    const { tensors } = recordsToTensors(signature, [{ x: [1, 2, 3], y: 4 }], none);
    expect(tensors.map((tensor) => tensor.shape)).toEqual([[1, 3], [1]]);
    expect(refusal(signature, [{}, {}])).toContain("one record a request, got 2");
  });

  test.each([
    [[{ ...flight, hour: "x" }], 'Input "hour": expected int64 from 0 to 23, got the string "x".'],
    [[flight, { ...flight, hour: 25 }], 'records[1]: Input "hour": expected int64 from 0 to 23, got 25.'],
    [[{ ...flight, hour: 2.5 }], "expected int64 from 0 to 23, got 2.5."],
    [[{ ...flight, hour: true }], "got true."],
    [[{ ...flight, distance: "12" }], 'expected float32, got the string "12"; send the number without quotes.'],
    [[{ ...flight, distance: null }], "got null, and this input is not nullable."],
    [[{ ...flight, distance: 1e39 }], "1e+39, which FP32 cannot hold."],
    [[{ ...flight, origin_late_3h: "NaN" }], 'got the string "NaN".'],
    [[{ ...flight, origin: 7 }], "expected string, got 7; send it in quotes."],
    [[{ ...flight, origin: ["SFO"] }], "got an array of 1."],
    [[{ ...flight, orgin: "x" }], 'The model has no input "orgin". Did you mean "origin"?'],
    [
      [flight, { ...flight, zzzzzzzz: 1 }],
      'records[1]: The model has no input "zzzzzzzz". Its inputs: "origin", "hour"',
    ],
    [
      [{ orgin: "SFO", hour: 1, distance: 1 }],
      'The record lacks "origin". Add origin: string. It has "orgin", which the model does not know.',
    ],
    [[{}], 'The record lacks "origin", "hour" and "distance". Add origin: string, hour: int64, distance: float32.'],
    [[flight, 5], "records[1] must be an object of named values, got 5."],
    [[], "There are no records."],
  ])("refuses %j", (records, message) => {
    expect(refusal(flights, records)).toContain(message);
  });

  test("integers beyond 2^53 are strings of digits, and only those", () => {
    const signature = signatureOf([{ name: "id", datatype: "UINT64" }]);
    const { tensors } = recordsToTensors(signature, [{ id: "18446744073709551615" }], none);
    expect(tensors[0]!.data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
    expect(refusal(signature, [{ id: "12" }])).toContain("send the number without quotes");
    expect(refusal(signature, [{ id: 2 ** 60 }])).toContain("send a string of its digits");
    expect(refusal(signature, [{ id: "18446744073709551616" }])).toContain("expected uint64");
  });

  test("names that every object seems to have", () => {
    const signature = signatureOf([
      { name: "constructor", datatype: "BYTES" },
      { name: "__proto__", datatype: "FP32" },
    ]);
    expect(refusal(signature, [{}])).toContain('lacks "constructor" and "__proto__"');
    const { tensors } = recordsToTensors(signature, [JSON.parse('{"constructor": "a", "__proto__": 2}')], none);
    expect(tensors[1]!.data).toEqual(Float32Array.of(2));
  });

  test("what is missing is filled within reason", () => {
    const signature = signatureOf([{ name: "x", datatype: "FP32", shape: [-1, 1000, 1000], nullable: true }]);
    expect(() => recordsToTensors(signature, [{}, {}], none)).toThrow("Send the values, or fewer rows");
  });

  test("any JSON gives valid tensors or a refusal", () => {
    const spec = fc.record({
      name: fc.constantFrom("a", "b", "toString", "__proto__"),
      datatype: fc.constantFrom(...datatypes),
      shape: fc.constantFrom([-1], [-1, 1], [-1, 2], [-1, -1], [-1, 2, 1]),
      nullable: fc.boolean(),
    });
    const call = fc.uniqueArray(spec, { minLength: 1, maxLength: 3, selector: (s) => s.name }).chain((inputs) => {
      const fields = inputs.map((input) => fc.tuple(fc.constant(input.name), likely(input)));
      const fitting = fc.tuple(...fields).map((entries) => Object.fromEntries(entries));
      const record = fc.oneof({ weight: 6, arbitrary: fitting }, { weight: 1, arbitrary: fc.jsonValue() });
      return fc.tuple(fc.constant(inputs), fc.array(record, { minLength: 1, maxLength: 3 }));
    });
    let accepted = 0;
    let refused = 0;
    fc.assert(
      fc.property(call, ([inputs, records]) => {
        const signature = signatureOf(inputs);
        const plain = JSON.parse(JSON.stringify(records)) as unknown[];
        let tensors;
        try {
          ({ tensors } = recordsToTensors(signature, plain, { extraFields: new Set(["c"]) }));
          accepted++;
        } catch (error) {
          expect(error).toMatchObject({ name: "SlipwayError", code: "invalid_input" });
          refused++;
          return;
        }
        expect(resolveInputs(signature, tensors)).toEqual({ tensors, rows: plain.length });
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(100);
  });
});

/** Mostly a value that the input takes, now and then anything. */
function likely(spec: Pick<InputSpec, "datatype" | "shape">): fc.Arbitrary<unknown> {
  const element: fc.Arbitrary<unknown> =
    spec.datatype === "BYTES" ? fc.string() : spec.datatype === "BOOL" ? fc.boolean() : fc.nat({ max: 127 });
  let value = element;
  for (const dim of spec.shape.slice(1).toReversed()) {
    if (dim !== 1 || spec.shape.length > 2)
      value = fc.array(value, { minLength: Math.max(dim, 1), maxLength: Math.max(dim, 1) });
  }
  return fc.oneof({ weight: 12, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue() });
}
