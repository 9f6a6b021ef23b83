import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { resolveInputs } from "../../pack.ts";
import type { InputSpec, Signature } from "../../signature.ts";
import { parsePythonJson } from "./python-json.ts";
import { parseScoringRequest } from "./scoring-request.ts";

const input = (
  name: string,
  datatype: InputSpec["datatype"],
  shape: readonly number[],
  nullable = false,
): InputSpec => ({
  name,
  datatype,
  shape,
  nullable,
});
const columns: Signature = {
  inputs: [
    input("x", "FP64", [-1], true),
    input("n", "INT64", [-1]),
    input("b", "BOOL", [-1]),
    input("t", "BYTES", [-1]),
  ],
  outputs: [],
  packed: null,
  batched: true,
};
const packed: Signature = {
  inputs: [input("a", "FP32", [-1]), input("c", "INT32", [-1])],
  outputs: [],
  packed: { tensor: "X", datatype: "FP32" },
  batched: true,
};
const cube: Signature = {
  inputs: [input("X", "FP32", [-1, 2, 2])],
  outputs: [],
  packed: null,
  batched: true,
};

const none: ReadonlySet<string> = new Set();
const parse = (signature: Signature, body: unknown, { type = "application/json", extra = none } = {}) =>
  parseScoringRequest(
    { bytes: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), contentType: type },
    signature,
    extra,
  );
const dataOf = (...args: Parameters<typeof parse>) => parse(...args).tensors.map(({ data }) => [...data]);

const rowOf = fc.record({
  // JSON has no negative zero.
  x: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0)),
  n: fc.maxSafeInteger(),
  b: fc.boolean(),
  t: fc
    .string({ unit: "grapheme-ascii", minLength: 1 })
    .filter((text) => !/^[\s"]|^(NA|N\/A|NULL|None|n\/a|nan|null|<NA>|NaN)$/.test(text)),
});
type Row = Readonly<Record<string, unknown>>;
const names = ["x", "n", "b", "t"];
const quote = (value: unknown) => {
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "True" : "false";
  return `"${(value as string | number).toString().replaceAll('"', '""')}"`;
};

test("the same rows in every form are the same tensors", () => {
  fc.assert(
    fc.property(
      fc.array(rowOf, { minLength: 1, maxLength: 4 }),
      fc.shuffledSubarray(names, { minLength: 4 }),
      (rows: Row[], order) => {
        const expected = names.map((name) =>
          rows.map((row) => {
            const value = row[name];
            if (name === "n") return BigInt(value as number);
            return name === "b" ? Number(value) : name === "x" && value === null ? NaN : value;
          }),
        );
        const data = rows.map((row) => order.map((name) => row[name]));
        const byColumn = Object.fromEntries(order.map((name) => [name, rows.map((row) => row[name])]));
        expect(dataOf(columns, { dataframe_split: { columns: order, data } })).toEqual(expected);
        expect(dataOf(columns, { dataframe_records: rows })).toEqual(expected);
        expect(dataOf(columns, { instances: rows })).toEqual(expected);
        expect(dataOf(columns, { inputs: byColumn })).toEqual(expected);
        const csv = [order, ...data.map((row) => row.map(quote))].map((row) => row.join(",")).join("\n");
        expect(dataOf(columns, csv, { type: "text/csv" })).toEqual(expected);
      },
    ),
  );
});

describe("values", () => {
  const row = { x: 1, n: 2, b: true, t: "a" };
  const one = (change: object) => dataOf(columns, { dataframe_records: [{ ...row, ...change }] });

  test.each([
    [{ x: "1.5e1" }, 0, 15],
    [{ x: true }, 0, 1],
    [{ x: " nan " }, 0, NaN],
    [{ x: "-inf" }, 0, -Infinity],
    [{ n: "-12" }, 1, -12n],
    [{ n: 3.0 }, 1, 3n],
    [{ n: "9223372036854775807" }, 1, 9223372036854775807n],
    [{ b: 0 }, 2, 0],
    [{ t: 12 }, 3, "12"],
    [{ t: false }, 3, "False"],
  ])("%j is cast, which loses nothing", (change, index, expected) => {
    expect(one(change)[index]).toEqual([expected]);
  });

  test.each([
    [{ x: "x" }, /"x".*the string "x"/],
    [{ x: [1] }, /expected one value a row|\[1, 1\]/],
    [{ n: 1.7 }, /"n".*1\.7/],
    [{ n: "1.7" }, /"n".*1\.7/],
    [{ n: null }, /"n".*null/],
    [{ n: 1e30 }, /"n"/],
    [{ b: "false" }, /"b".*"false"/],
    [{ b: 2 }, /"b".*2/],
    [{ t: null }, /"t".*null/],
    [{ t: 1e22 }, /"t"/],
  ])("%j is refused", (change, message) => {
    expect(() => one(change)).toThrow(message);
  });

  test("an integer beyond 2^53 keeps its digits, as a number too", () => {
    expect(dataOf(columns, '{"inputs": {"x": [0], "n": [9007199254740993], "b": [true], "t": ["a"]}}')[1]).toEqual([
      9007199254740993n,
    ]);
  });
});

describe("frames and tensors", () => {
  test("a row of a frame may be flat where its tensor is not", () => {
    const flat = parse(cube, { dataframe_split: { columns: ["X"], data: [[[1, 2, 3, 4]]] } });
    const nested = parse(cube, {
      inputs: {
        X: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      },
    });
    expect(flat).toEqual(nested);
    expect(flat.tensors[0]).toMatchObject({ shape: [1, 2, 2], data: new Float32Array([1, 2, 3, 4]) });
    expect(
      parse(cube, {
        instances: [
          [
            [1, 2],
            [3, 4],
          ],
        ],
      }),
    ).toEqual(nested);
  });

  test("a matrix with named columns takes them in any order, and no list", () => {
    const { tensors } = parse(packed, { dataframe_records: [{ c: 2, more: "x", a: 1 }] });
    const { tensors: resolved } = resolveInputs(packed, tensors);
    expect(resolved).toEqual([{ name: "X", datatype: "FP32", shape: [1, 2], data: new Float32Array([1, 2]) }]);
    expect(() => parse(packed, { inputs: [[1, 2]] })).toThrow(/named inputs/);
    expect(() => parse(packed, { inputs: { a: [1] } })).toThrow(/missing its inputs "c"/);
  });

  test("a nullable column may be left out where it is not required", () => {
    const [x, ...rest] = columns.inputs;
    const required: Signature = { ...columns, inputs: [{ ...x!, required: true }, ...rest] };
    const row = { n: 1, b: true, t: "a" };
    expect(parse(columns, { dataframe_records: [row] }).tensors.map(({ name }) => name)).toEqual(["n", "b", "t"]);
    expect(() => parse(required, { dataframe_records: [{ ...row, X: 1 }] })).toThrow(
      'missing its inputs "x". There is "X"',
    );
    expect(() => parse(required, { inputs: { n: [1], b: [true], t: ["a"] } })).toThrow('missing its inputs "x"');
    const [first] = parse(required, { dataframe_records: [{ ...row, x: null }] }).tensors;
    expect(first).toMatchObject({ name: "x", data: new Float64Array([NaN]) });
  });

  test("fields that are to go on record are kept by row", () => {
    const rows = [
      { c: 2, a: 1, id: "k1" },
      { c: 2, a: 1 },
      { c: 2, a: 1, id: null },
    ];
    const extra = new Set(["id", "a", "gone"]);
    expect(parse(packed, { dataframe_records: rows }, { extra }).extra).toEqual([{ id: "k1" }, null, null]);
    expect(parse(packed, "a,c,id\n1,2,x\n", { type: "text/csv", extra }).extra).toEqual([{ id: "x" }]);
    expect(parse(packed, { dataframe_records: rows }).extra).toBe(null);
  });
});

test("a small body does not become a large table", () => {
  const many = 3000;
  const short = Array.from({ length: many }, () => [1]);
  const wide = Array.from({ length: many }, (_, i) => `c${i}`);
  const sparse = wide.map((name) => ({ [name]: 1 }));
  const tooLarge = expect.objectContaining({ code: "too_large" }) as Error;
  expect(() => parse(packed, { dataframe_records: sparse })).toThrow(tooLarge);
  expect(() => parse(packed, { instances: sparse })).toThrow(tooLarge);
  expect(() => parse(packed, { dataframe_split: { columns: wide, data: [wide, ...short] } })).toThrow(tooLarge);
  const csv = [wide.join(","), ...short.map(String)].join("\n");
  expect(() => parse(packed, csv, { type: "text/csv" })).toThrow(tooLarge);
});

describe("JSON of Python", () => {
  test("NaN and infinities outside of texts", () => {
    const text = '{"a": [NaN, Infinity, -Infinity], "NaN": "NaN \\" -Infinity"}';
    expect(parsePythonJson(Buffer.from(text))).toEqual({ a: [null, Infinity, -Infinity], NaN: 'NaN " -Infinity' });
    expect(() => parsePythonJson(Buffer.from('{"a": NaN,}'))).toThrow(/not JSON/);
  });

  test("every other JSON is what it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(parsePythonJson(Buffer.from(text))).toEqual(
          JSON.parse(text, (_, one: unknown) =>
            typeof one === "number" && !Number.isSafeInteger(one) && /^-?\d+$/.test(String(one)) ? String(one) : one,
          ),
        );
      }),
    );
  });
});

test.each([
  "application/json; charset=latin-1",
  "application/json;",
  "Application/JSON",
  "application/json; a=b",
  "",
  "text/plain",
])("the content type %j is not taken", (type) => {
  const attempt = () => parse(packed, {}, { type });
  expect(attempt).toThrow(expect.objectContaining({ code: "unsupported_media_type" }));
});
