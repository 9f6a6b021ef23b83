import { createClient } from "@slipway/sdk";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { patientServe } from "../lib/faced-models.ts";
import { smallModel } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";
import { toBinaryBody, toBytes } from "../lib/tensor-body.ts";

const server = useServer({ args: ["--body-limit", "2MiB"] });
const numRuns = rounds(50, 5000);
const timeout = rounds(60_000, 1_800_000);
const models = ["matrix", "identity", "simple-identity", "one-text"] as const;

beforeAll(async () => {
  for (const name of models) await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
}, 60_000);

interface Sent {
  readonly model: string;
  readonly body: Uint8Array;
  /** As the header has it. */
  readonly headerLength?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Never a 5xx, never a hang; JSON that says what is wrong, or an answer that holds what it announces. */
async function holds({ model, body, headerLength, headers = {} }: Sent): Promise<number> {
  const response = await fetch(`${server.url}/v2/models/${model}/infer`, {
    method: "POST",
    headers: {
      "content-type": "application/octet-stream",
      ...headers,
      ...(headerLength === undefined ? {} : { "inference-header-content-length": headerLength }),
    },
    body: new Uint8Array(body),
    signal: AbortSignal.timeout(15_000),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status >= 500) throw new Error(`a ${response.status} ${bytes.toString().slice(0, 300)}`);
  if (response.status !== 200) {
    expect(JSON.parse(bytes.toString())).toEqual({ error: expect.any(String) });
    return response.status;
  }
  const header = response.headers.get("inference-header-content-length");
  const answer = JSON.parse(bytes.toString("utf8", 0, header === null ? bytes.length : Number(header)));
  const sizes = answer.outputs.map((output: Loose) => output.parameters?.binary_data_size ?? 0);
  const behind = header === null ? 0 : bytes.length - Number(header);
  expect(sizes.reduce((sum: number, size: number) => sum + size, 0)).toBe(behind);
  return response.status;
}

type Loose = ReturnType<typeof JSON.parse>;

const x = { name: "X", datatype: "FP32", shape: [2, 4], bytes: toBytes(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8)) };
const word = { name: "INPUT0", datatype: "BYTES", shape: [1, 1], bytes: Uint8Array.of(2, 0, 0, 0, 104, 105) };
const good = [
  { model: "matrix", ...toBinaryBody([x], { parameters: { binary_data_output: true } }) },
  { model: "matrix", ...toBinaryBody([x]) },
  { model: "simple-identity", ...toBinaryBody([word], { parameters: { binary_data_output: true } }) },
] as const;

afterEach(async () => {
  for (const { model, body, headerLength } of good)
    expect(await holds({ model, body, headerLength: String(headerLength) })).toBe(200);
});

function property<T>(arbitrary: fc.Arbitrary<T>, toSent: (value: T) => Sent, runs = numRuns): Promise<void> {
  return fc.assert(
    fc.asyncProperty(arbitrary, async (value) => void (await holds(toSent(value)))),
    { numRuns: runs },
  );
}

const model = fc.constantFrom(...models);
const requests = fc.constantFrom(...good);

describe("whatever is sent as binary tensors: no 5xx, no hang, a word about what is wrong", { timeout }, () => {
  test("a good request with some bytes changed, cut or added", () => {
    const edit = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "insert"));
    return property(
      fc.tuple(requests, fc.array(edit, { minLength: 1, maxLength: 4 })),
      ([{ model, body, headerLength }, edits]) => {
        let bytes = [...body];
        for (const [at, byte, how] of edits) {
          const place = at % (bytes.length + 1);
          if (how === "cut") bytes = bytes.slice(0, place);
          else bytes.splice(place, how === "set" ? 1 : 0, byte);
        }
        return { model, body: Uint8Array.from(bytes), headerLength: String(headerLength) };
      },
      2 * numRuns,
    );
  });

  test("a header length that is another, or none", () => {
    const text = fc.oneof(
      fc.integer({ min: -5, max: 400 }).map(String),
      fc.constantFrom("", "x", "1e3", "0x10", "00", "9".repeat(300), "9".repeat(400), "-0", "1.5", "NaN", "Infinity"),
    );
    // What does not fit one read of the socket comes in pieces.
    const more = fc.constantFrom(Buffer.alloc(0), Buffer.alloc(150_000, " "));
    return property(fc.tuple(requests, text, more), ([{ model, body }, headerLength, behind]) => ({
      model,
      body: Buffer.concat([body, behind]),
      headerLength,
    }));
  });

  test("sizes, shapes and datatypes that do not go together", () => {
    const number = fc.oneof(
      fc.nat(40),
      fc.constantFrom(-1, -8, 0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300, 0.5, "4", null),
    );
    const names = ["X", "INPUT0", "fp16_in", "bool_in", "text_in", "__proto__", ""];
    const datatypes = ["FP32", "FP64", "FP16", "BF16", "INT64", "INT8", "UINT64", "BOOL", "BYTES", ""];
    const input = fc.record(
      {
        name: fc.constantFrom(...names),
        datatype: fc.constantFrom(...datatypes),
        shape: fc.array(number, { maxLength: 4 }),
        parameters: fc.oneof(fc.record({ binary_data_size: number }), fc.jsonValue()),
        data: fc.array(fc.jsonValue(), { maxLength: 3 }),
      },
      { requiredKeys: ["name", "datatype", "shape"] },
    );
    const outputs = fc.array(fc.record({ name: fc.constantFrom("y", "OUTPUT0"), parameters: fc.jsonValue() }));
    return property(
      fc.tuple(model, fc.array(input, { maxLength: 4 }), fc.uint8Array({ maxLength: 100 }), fc.option(outputs)),
      ([name, inputs, behind, asked]) => {
        const json = Buffer.from(JSON.stringify({ inputs, ...(asked && { outputs: asked }) }));
        return { model: name, body: Buffer.concat([json, behind]), headerLength: String(json.length) };
      },
      3 * numRuns,
    );
  });

  test("random bytes as the whole of a body, compressed or not", () => {
    const headers = fc.constantFrom<Record<string, string>>(
      {},
      { "content-encoding": "gzip" },
      { "content-encoding": "deflate" },
      { "content-encoding": "br" },
      { "content-type": "image/png" },
      { "accept-encoding": "gzip" },
    );
    return property(
      fc.tuple(model, fc.uint8Array({ maxLength: 300 }), fc.boolean(), headers, fc.option(fc.constant("0"))),
      ([name, bytes, packed, sent, headerLength]) => ({
        model: name,
        body: packed ? gzipSync(bytes) : bytes,
        headers: sent,
        ...(headerLength === null ? {} : { headerLength }),
      }),
      2 * numRuns,
    );
  });

  test("JSON of any depth before the tensors", () =>
    property(
      fc.tuple(fc.integer({ min: 1, max: 200_000 }), fc.boolean()),
      ([depth, closed]) => {
        const nest = "[".repeat(depth) + (closed ? "]".repeat(depth) : "");
        const json = Buffer.from(
          `{"inputs":[{"name":"X","datatype":"FP32","shape":${nest},"parameters":{"binary_data_size":4}}]}`,
        );
        return { model: "matrix", body: Buffer.concat([json, Buffer.alloc(4)]), headerLength: String(json.length) };
      },
      Math.ceil(numRuns / 5),
    ));
});

test("the server has met nothing that it did not expect", async () => {
  const { items } = await createClient({ url: server.url }).server.logs({ limit: 10_000, level: "error" });
  expect(items).toEqual([]);
});
