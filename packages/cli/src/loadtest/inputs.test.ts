import { createClient } from "@slipway/sdk";
import type { ModelVersion } from "@slipway/contract";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { collectInputs, toBatches } from "./inputs.ts";
import { createTraceId } from "./trace-id.ts";

const spec = { shape: [-1], nullable: false };
const signature: ModelVersion["signature"] = {
  inputs: [
    { ...spec, name: "a", datatype: "FP32" },
    { ...spec, name: "b", datatype: "FP32", nullable: true },
  ],
  outputs: [],
  packed: null,
  batched: true,
};
const version = { model: "m", version: 1, signature, files: [], manifest: null } as unknown as ModelVersion;
const logged = { redacted: [], rows: 1, error: null, extra: null, trace_id: null };

function collect(
  answers: Readonly<Record<string, unknown>>,
  over: { version?: ModelVersion; from?: string; keyField?: string } = {},
) {
  const fetch = (async (input: string) => {
    const { pathname } = new URL(input);
    const found = answers[pathname];
    if (found === undefined) return Response.json({ code: "not_found", detail: pathname }, { status: 404 });
    return typeof found === "string"
      ? new Response(found, { headers: { "content-length": String(found.length) } })
      : Response.json(found);
  }) as typeof globalThis.fetch;
  return collectInputs({
    client: createClient({ fetch }),
    endpoint: "m",
    version,
    from: undefined,
    keyField: null,
    ...over,
  });
}

const log = "/api/v1/endpoints/m/predictions";
const list = (...items: object[]) => ({
  [log]: { items: items.map((item, i) => ({ ...logged, id: `p${i}`, ...item })), next_cursor: null },
});

test("what is on record goes as its callers sent it; what cannot is told", async () => {
  const found = await collect(
    list(
      { inputs: { a: 1, b: null }, extra: { store: "x" } },
      { id: "many/1", inputs: { a: 3, b: 3 } },
      { id: "many/0", inputs: { a: 2, b: 2 } },
      { inputs: { a: 4 }, redacted: ["b"] },
      { inputs: {}, rows: 0 },
      { inputs: { a: -1 }, error: { code: "invalid_input", message: "" } },
      { inputs: { a: 5 }, error: { code: "overloaded", message: "" } },
      { inputs: { other: 1 } },
      { inputs: { a: 9 }, trace_id: createTraceId() },
    ),
  );
  expect(found).toEqual({
    source: "log",
    requests: [
      [{ a: 1, b: null, store: "x" }],
      [
        { a: 2, b: 2 },
        { a: 3, b: 3 },
      ],
      [{ a: 5 }],
    ],
    skipped: { redacted: 1, not_parsed: 1, refused: 1, of_another_signature: 1 },
  });
});

test("the callers' keys stay behind: labels must find the real predictions", async () => {
  const answers = list({ inputs: { a: 1 }, extra: { order: "A-1", store: "x" } });
  expect((await collect(answers, { keyField: "order" })).requests).toEqual([[{ a: 1, store: "x" }]]);
  // One that is an input, too, has to be sent.
  expect((await collect(answers, { keyField: "a" })).requests).toEqual([[{ a: 1, order: "A-1", store: "x" }]]);
});

test("predictions of load tests are used where there are no others", async () => {
  const found = await collect(list({ inputs: { a: 9 }, trace_id: createTraceId() }));
  expect(found.requests).toEqual([[{ a: 9 }]]);
});

test("values that a list cuts are asked for", async () => {
  const found = await collect({
    ...list({ id: "p0", inputs: { a: { cut: true, shape: [2000] } } }),
    "/api/v1/predictions/p0": { ...logged, id: "p0", inputs: { a: [1, 2, 3] } },
  });
  expect(found.requests).toEqual([[{ a: [1, 2, 3] }]]);
});

test("a matrix is taken apart, and brackets that the record leaves out come back", async () => {
  const packed = { ...signature, packed: { tensor: "X", datatype: "FP32" } };
  const columns = await collect(list({ inputs: { X: [1, 2] } }), { version: { ...version, signature: packed } });
  expect(columns.requests).toEqual([[{ a: 1, b: 2 }]]);
  const inputs = [{ ...spec, name: "a", datatype: "FP32", shape: [-1, 1] }];
  const whole = { ...version, signature: { ...signature, inputs, batched: false } };
  const single = await collect(list({ inputs: { a: 7 } }, { inputs: { a: [[1], [2]] } }), { version: whole });
  expect(single.requests).toEqual([[{ a: [[7]] }], [{ a: [[1], [2]] }]]);
});

test("examples come next, in each form that they may have", async () => {
  const withFile = (path: string) =>
    ({
      ...version,
      manifest: { examples: { path } },
      files: [{ path, sha256: "", size: 1 }],
    }) as unknown as ModelVersion;
  const from = (path: string, text: string) =>
    collect({ ...list(), [`/api/v1/models/m/versions/1/files/${path}`]: text }, { version: withFile(path) });
  const wanted = { source: "examples", requests: [[{ a: 1, b: null }], [{ a: 2, b: 3 }]] };
  const rows = [
    { inputs: { a: 1, b: null }, outputs: { y: 1 } },
    { inputs: { a: 2, b: 3 }, outputs: { y: 1 } },
  ];
  expect(await from("e.json", JSON.stringify(rows))).toMatchObject(wanted);
  const flat = rows.map((row) => JSON.stringify({ ...row.inputs, y: 1 })).join("\n");
  expect(await from("e.jsonl", flat)).toMatchObject(wanted);
  expect(await from("e.csv", `a,b,y\n1,,1\n2,"3",1\n`)).toMatchObject(wanted);
  // Parquet takes the server to read: a request is made up.
  expect(await from("e.parquet", "PAR1")).toMatchObject({ source: "made_up", requests: [[{ a: 0, b: 0 }]] });
});

test("a file of records, and what was asked for and is not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "records.jsonl");
  writeFileSync(path, '{"a": 1}\n{"a": 2}\n');
  expect(await collect({}, { from: path })).toEqual({
    source: "file",
    requests: [[{ a: 1 }], [{ a: 2 }]],
    skipped: {},
  });
  await expect(collect(list(), { from: "log" })).rejects.toThrow(UsageError);
  await expect(collect(list({ inputs: { a: 1 }, redacted: ["b"] }), { from: "log" })).rejects.toThrow(/1 redacted/);
  await expect(collect({}, { from: "examples" })).rejects.toThrow(/has no examples/);
  await expect(collect({}, { from: join(folder, "nothing") })).rejects.toThrow(/ENOENT/);
});

test("batches hold each record as often as the others, as near as can be", () => {
  const requests = [[{ a: 1 }], [{ a: 2 }, { a: 3 }]];
  expect(toBatches(requests, 2)).toEqual([
    [{ a: 1 }, { a: 2 }],
    [{ a: 3 }, { a: 1 }],
  ]);
  expect(toBatches(requests, 7)).toEqual([[1, 2, 3, 1, 2, 3, 1].map((a) => ({ a }))]);
});
