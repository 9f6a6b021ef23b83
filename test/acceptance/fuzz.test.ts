import { createClient } from "@slipway/sdk";
import fc from "fast-check";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { deployFacedModels } from "../lib/faced-models.ts";
import { rounds } from "../lib/rounds.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--body-limit", "2MiB"] });
const numRuns = rounds(150, 5000);
const timeout = rounds(60_000, 1_800_000);

type Loose = ReturnType<typeof JSON.parse>;

const record = { origin: "ATL", destination: "JFK", hour: 8, weekday: 1, distance: 760 };
const tensor = (name: string, datatype: string, value: unknown) => ({ name, datatype, shape: [1, 1], data: [value] });
const request = {
  id: "fuzz",
  inputs: [
    tensor("origin", "BYTES", "ATL"),
    tensor("destination", "BYTES", "JFK"),
    tensor("hour", "INT64", 8),
    tensor("weekday", "INT64", 1),
    tensor("distance", "FP32", 760),
  ],
  outputs: [{ name: "late" }],
};
const row = { inputs: [{ name: "X", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] };

const predictPath = "/api/v1/endpoints/flights/predict";
const inferPath = "/v2/models/flights/infer";
/** Faces, and a request that each of them answers with 200. */
const faces: readonly (readonly [path: string, good: object])[] = [
  [predictPath, record],
  [predictPath, [record, record]],
  [inferPath, request],
  ["/endpoints/matrix/predict", { X: [1, 2, 3, 4] }],
  ["/v2/models/packed/infer", row],
  ["/endpoints/flights/invocations", { dataframe_records: [record, record], params: {} }],
  ["/endpoints/packed/invocations", { dataframe_split: { columns: ["a", "b", "c", "d"], data: [[1, 2, 3, 4]] } }],
  ["/endpoints/matrix/invocations", { inputs: [[1, 2, 3, 4]] }],
  ["/v1/models/flights:predict", { instances: [record, record] }],
  ["/v1/models/packed:predict", { inputs: { a: [1], b: [2], c: [3], d: [4] }, signature_name: "serving_default" }],
];

beforeAll(() => deployFacedModels(server.url), 60_000);

const predictable = new Set(["/v2/models/matrix/infer", ...faces.map(([path]) => path)]);

/** Ids of requests that a model has seen or that were refused for what was in them: all have to be on record. */
const recorded = new Set<string>();

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Never a 5xx, never a hang, always JSON that says what is wrong. */
async function holds({ method = "POST", path, body, headers = {} }: Sent): Promise<void> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  const about = `${response.status} ${text.slice(0, 300)}`;
  // The one 5xx that a caller may ask for: a limit of next to no time.
  const isHasty = response.status === 504 && Number(headers["x-slipway-timeout-ms"]) < 100;
  if (response.status >= 500 && !isHasty) throw new Error(`a ${about}`);
  // The scoring protocol refuses a content type in plain text.
  const isText = response.status === 415 && path.endsWith("/invocations");
  const answer: Loose = text === "" ? {} : isText ? { message: text } : JSON.parse(text);
  const id = response.headers.get("x-slipway-prediction") ?? answer.id;
  // A request that finds no version, or whose limit is none, has met nothing that could keep a record of it.
  const reaches = predictable.has(path) && !("x-slipway-timeout-ms" in headers);
  if (response.headers.has("x-slipway-logged")) throw new Error(`not logged: ${about}`);
  if (reaches && (response.status === 200 || response.status === 400)) recorded.add(id ?? `nothing: ${path} ${about}`);
  if (response.status < 400) return;
  const said = answer.detail ?? answer.error ?? answer.message;
  if (typeof said !== "string" || said.length < 10) throw new Error(`says nothing: ${about}`);
  if (/undefined|\[object|Cannot read|is not a function|\n\s+at /.test(said.replaceAll(/"(\\.|[^"\\])*"/g, "")))
    throw new Error(`shows its inside: ${about}`);
}

afterEach(async () => {
  for (const [path, good] of faces) {
    const headers = { "content-type": "application/json" };
    const response = await fetch(`${server.url}${path}`, { method: "POST", body: JSON.stringify(good), headers });
    expect(response.status, await response.text()).toBe(200);
  }
});

const face = fc.constantFrom(...faces);
const junk = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, true, -0, 1e308, 2 ** 53, "", "NaN", "Infinity", [], {}, [[]], -1, 0.5, "\u0000", "\ud800"),
  fc.string({ unit: "binary", maxLength: 50 }),
);

/** All paths into a JSON value, the value itself included. */
function placesOf(value: Loose, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return [path, ...Object.keys(value).flatMap((key) => placesOf(value[key], [...path, key]))];
}

type Change = { readonly kind: "replace" | "remove" | "double" | "add"; readonly at: number; readonly value: unknown };

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("replace", "remove", "double", "add"),
  at: fc.nat(),
  value: junk,
});

function mutate(good: object, changes: readonly Change[]): Loose {
  const root: Loose = { it: structuredClone(good) };
  for (const { kind, at, value: shared } of changes) {
    // A copy, or a second change could put it into itself.
    const value = structuredClone(shared);
    const places = placesOf(root.it, ["it"]);
    const place = places[at % places.length] ?? ["it"];
    const parent = place.slice(0, -1).reduce((inner: Loose, key) => inner[key], root);
    const key = place.at(-1) ?? "it";
    if (kind === "replace") parent[key] = value;
    else if (kind === "double" && Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
    else if (kind === "add" && typeof parent[key] === "object" && parent[key] !== null)
      parent[key][`new${at % 7}`] = value;
    else if (kind === "remove" && key !== "it") delete parent[key];
  }
  return root.it;
}

function property<T>(arbitrary: fc.Arbitrary<T>, toSent: (value: T) => Sent, runs = numRuns): Promise<void> {
  return fc.assert(
    fc.asyncProperty(arbitrary, (value) => holds(toSent(value))),
    { numRuns: runs },
  );
}

describe("whatever is sent to predict and infer: no 5xx, no hang, a word about what is wrong", { timeout }, () => {
  test("any JSON", () => property(fc.tuple(face, junk), ([[path], body]) => ({ path, body: JSON.stringify(body) })));

  test("a good request with one to five places changed", () =>
    property(
      fc.tuple(face, fc.array(change, { minLength: 1, maxLength: 5 })),
      ([[path, good], changes]) => ({ path, body: JSON.stringify(mutate(good, changes)) ?? "" }),
      3 * numRuns,
    ));

  test("a good request with some bytes changed", () => {
    const edit = fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom("set", "cut", "insert"));
    return property(fc.tuple(face, fc.array(edit, { minLength: 1, maxLength: 4 })), ([[path, good], edits]) => {
      let bytes = [...Buffer.from(JSON.stringify(good))];
      for (const [at, byte, how] of edits) {
        const place = at % (bytes.length + 1);
        const kept = how === "set" ? 1 : 0;
        if (how === "cut") bytes = bytes.slice(0, place);
        else bytes.splice(place, kept, byte);
      }
      return { path, body: new Uint8Array(bytes) };
    });
  });

  test("random bytes of any content type", () => {
    const type = fc.constantFrom("application/json", "text/plain", "application/octet-stream", "x/y; charset=no", "");
    return property(fc.tuple(face, fc.uint8Array({ maxLength: 2000 }), type), ([[path], bytes, contentType]) => ({
      path,
      body: new Uint8Array(bytes),
      headers: contentType === "" ? {} : { "content-type": contentType },
    }));
  });

  test("shapes, datatypes and sizes that do not go together", () => {
    const size = fc.oneof(
      fc.nat(6),
      fc.constantFrom(-1, 0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53, 1e300, 0.5, "4", null),
    );
    const datatypes = ["FP32", "FP64", "FP16", "INT64", "INT8", "UINT64", "BOOL", "BYTES", "BF16", ""];
    const input = fc.record({
      name: fc.constantFrom("X", "a", "b", "c", "d", "hour", "__proto__", "constructor", ""),
      datatype: fc.constantFrom(...datatypes),
      shape: fc.array(size, { maxLength: 4 }),
      data: fc.oneof(
        fc.array(junk, { maxLength: 8 }),
        fc.array(fc.array(fc.integer(), { maxLength: 5 }), { maxLength: 4 }),
      ),
    });
    const paths = fc.constantFrom("/v2/models/matrix/infer", "/v2/models/packed/infer", inferPath);
    return property(
      fc.tuple(paths, fc.array(input, { maxLength: 5 })),
      ([path, inputs]) => ({ path, body: JSON.stringify({ inputs }) }),
      2 * numRuns,
    );
  });

  test("deep nesting", () =>
    property(
      fc.tuple(fc.constantFrom(...faces.map(([path]) => path)), fc.integer({ min: 1, max: 200_000 }), fc.nat(3)),
      ([path, depth, kind]) => {
        const [open, close] = [kind === 1 ? '{"X":' : "[", kind === 1 ? "}" : "]"];
        const nest = open.repeat(depth) + "1" + close.repeat(kind === 3 ? 0 : depth);
        const before = '{"inputs":[{"name":"X","datatype":"FP32","shape":[1,4],"data":';
        return { path, body: kind === 2 ? `${before}${nest}}]}` : nest };
      },
      Math.ceil(numRuns / 4),
    ));

  test("many keys, many rows, many inputs", async () => {
    const keys = Object.fromEntries(Array.from({ length: 20_000 }, (_, i) => [`key${i}`, i]));
    const inputs = Array.from({ length: 5_000 }, (_, i) => ({ ...tensor(`input${i}`, "FP32", 1) }));
    const rows = Array.from({ length: 8_000 }, () => ({ X: [1, 2, 3, "4"] }));
    for (const [path, body] of [
      [predictPath, keys],
      [predictPath, { ...record, ...keys }],
      [inferPath, { inputs }],
      ["/endpoints/matrix/predict", rows],
      [
        inferPath,
        {
          inputs: [
            { ...tensor("hour", "INT64", 1), shape: [250_000, 1], data: Array.from({ length: 250_000 }, () => 1) },
          ],
        },
      ],
    ] as const)
      await holds({ path, body: JSON.stringify(body) });
  });

  test("headers and paths", () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from("aA0 -_./@%:;,'\"\\{}$é~")), maxLength: 40 });
    const value = fc.oneof(
      text,
      fc.integer().map(String),
      fc.double().map(String),
      fc.constantFrom("00-0-0-0", "9".repeat(300)),
    );
    return property(
      fc.record({
        name: fc.oneof(fc.constantFrom("flights", "flights@1", "flights@champion"), text),
        version: fc.oneof(
          fc.constantFrom("", "/versions/1"),
          text.map((name) => `/versions/${encodeURIComponent(name)}`),
        ),
        key: value,
        trace: value,
        limit: value,
      }),
      ({ name, version, key, trace, limit }) => {
        const encoded = encodeURIComponent(name);
        const isOip = version !== "";
        const path = isOip ? `/v2/models/${encoded}${version}/infer` : `/api/v1/endpoints/${encoded}/predict`;
        const clean = (header: string) => header.replaceAll(/[^\x20-\x7e]/g, "").trim();
        const headers = {
          "x-slipway-key": clean(key),
          traceparent: clean(trace),
          "x-slipway-timeout-ms": clean(limit),
        };
        return { path, body: JSON.stringify(isOip ? request : record), headers };
      },
    );
  });
});

describe("whatever is sent to the rest of the API: no 5xx either", { timeout }, () => {
  const writes: readonly (readonly [method: string, path: string, good: object])[] = [
    ["POST", "/api/v1/deployments", { name: "a", entry: "a", files: [{ path: "a", sha256: "0".repeat(64) }] }],
    ["PUT", "/api/v1/models/nothing/aliases/champion", { version: 1 }],
    ["PUT", "/api/v1/models/matrix/aliases/9", { version: 1 }],
    ["PUT", "/api/v1/endpoints/nothing", { manifest: { slipway: 1, name: "nothing" } }],
    ["PUT", "/api/v1/endpoints/matrix", { manifest: { slipway: 1, name: "matrix" }, dry_run: true }],
    ["POST", "/api/v1/endpoints/nothing/promote", { version: 1 }],
    ["POST", "/api/v1/endpoints/nothing/rollback", { to: 1 }],
  ];

  test("bodies", () =>
    property(
      fc.tuple(fc.constantFrom(...writes), fc.array(change, { maxLength: 4 })),
      ([[method, path, good], changes]) => {
        // A dry run stays one, so that nothing changes.
        const body = { ...mutate(good, changes), ...("dry_run" in good ? { dry_run: true } : {}) };
        return { method, path, body: JSON.stringify(body) };
      },
    ));

  test("queries", async () => {
    // Two things wrong at once, one of them found only by looking.
    await holds({ method: "GET", path: "/api/v1/models/matrix/diff?from=20&to=!" });
    const lists = [
      "/api/v1/models",
      "/api/v1/models/matrix/versions",
      "/api/v1/models/matrix/diff",
      "/api/v1/endpoints",
      "/api/v1/endpoints/matrix/revisions",
      "/api/v1/endpoints/matrix/predictions",
      "/api/v1/operations",
      "/api/v1/logs",
      "/api/v1/predictions/01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11",
    ];
    const name = fc.constantFrom(
      "limit",
      "cursor",
      "since",
      "until",
      "errors",
      "key",
      "order",
      "from",
      "to",
      "row",
      "level",
      "x",
    );
    const value = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.integer().map(String),
      fc.constantFrom("1", "true", "15m", "2026-13-45", "e30", "WzFd"),
    );
    return property(
      fc.tuple(fc.constantFrom(...lists), fc.dictionary(name, value, { maxKeys: 3 })),
      ([path, query]) => ({
        method: "GET",
        path: `${path}?${Object.entries(query)
          .map(([key, text]) => `${key}=${encodeURIComponent(text.toWellFormed())}`)
          .join("&")}`,
      }),
    );
  });

  test("names in paths", () => {
    const templates = [
      "models/X",
      "models/X/versions/Y",
      "models/X/versions",
      "endpoints/X",
      "endpoints/X/predictions",
      "operations/X",
      "predictions/X",
      "operations/X/events",
    ];
    const text = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 30 }),
      fc.constantFrom("..", "%00", "a".repeat(900), "matrix", "1", "champion"),
    );
    return property(fc.tuple(fc.constantFrom(...templates), text, text), ([template, x, y]) => {
      const part = (name: string) => encodeURIComponent(name.toWellFormed()).replaceAll(".", "%2e");
      return { method: "GET", path: `/api/v1/${template.replace("X", part(x)).replace("Y", part(y))}` };
    });
  });
});

test("every request above that was answered or refused for its content is on record, once", { timeout }, async () => {
  const found = new Map<string, number>();
  for (const endpoint of ["flights", "matrix", "packed"])
    for await (const item of createClient({ url: server.url }).predictions.all(endpoint, { limit: 1000 }))
      if (item.row === 0 || item.row === null) {
        const id = item.id.split("/")[0] ?? "";
        found.set(id, (found.get(id) ?? 0) + 1);
      }
  expect([...recorded].filter((id) => found.get(id) !== 1).slice(0, 5)).toEqual([]);
  expect(recorded.size).toBeGreaterThan(5 * numRuns);
});

test("the server has met nothing that it did not expect", async () => {
  const { items } = await createClient({ url: server.url }).server.logs({ limit: 10_000, level: "error" });
  expect(items).toEqual([]);
});
