import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson } from "./canonical-json.ts";
import { parseSize } from "./size.ts";
import { parseDuration } from "./duration.ts";
import { SlipwayError } from "./errors.ts";
import { parseManifest } from "./manifest.ts";
import { findNearest } from "./nearest.ts";

const flights = {
  slipway: 1,
  name: "flight-delay",
  owner: { team: "ops-ml", contact: "#ops-ml", card: "README.md" },
  model: {
    path: "model.onnx",
    inputs: {
      origin: "string",
      hour: { type: "int64", range: [0, 23] },
      origin_late_3h: { type: "float32", nullable: true },
    },
    outputs: { late: { classes: ["on_time", "late"] } },
  },
  serve: { replicas: 1, timeout: "200ms", fallback: "champion" },
  log: { durability: "process", key: "flight_id", fields: ["carrier"], redact: ["passenger"] },
  labels: { sql: { source: "warehouse", query: "select key, value, observed_at from landed", every: "1h" } },
};

function problems(data: unknown): readonly string[] {
  try {
    parseManifest(data);
  } catch (error) {
    if (!SlipwayError.is(error)) throw error;
    expect(error.code).toBe("invalid_manifest");
    const found = error.details["problems"] as { path: string; message: string }[];
    for (const { path, message } of found)
      expect(error.message).toContain(path === "" ? message : `${path}: ${message}`);
    return found.map(({ path, message }) => `${path}: ${message}`);
  }
  return [];
}

describe("a manifest", () => {
  test("is taken as it stands, and so are the short ones", () => {
    expect(parseManifest(flights)).toEqual(flights);
    expect(parseManifest({ slipway: 1, name: "a" })).toEqual({ slipway: 1, name: "a" });
    for (const fallback of ["none", { late: 0.2 }, { late: [0.8, 0.2], label: "on_time" }])
      expect(problems({ ...flights, serve: { fallback } })).toEqual([]);
  });

  test("names everything wrong at once, with paths and near names", () => {
    const found = problems({
      slipway: 2,
      nam: "flight-delay",
      model: {
        path: "../model.onnx",
        inputs: { hour: "flaot32", day: { type: "int64", rnage: [0, 6] }, dist: { type: "float32", range: [3, 1] } },
        outputs: { late: { classes: ["a", "a"] } },
      },
      serve: { timeout: "200", replicas: 0, fallback: 7 },
      log: { durability: "dsk", fields: "carrier" },
    });
    expect(found).toHaveLength(13);
    expect(found).toEqual(
      expect.arrayContaining([
        "slipway: is 2: must be 1, the version of this format",
        "name: is missing",
        'nam: is not a known key. Did you mean "name"?',
        expect.stringMatching(/^model\.path: is "\.\.\/model\.onnx": must be a path below the folder/),
        expect.stringMatching(
          /^model\.inputs\.hour: is "flaot32"; it must be one of string, .*Did you mean "float32"\?$/,
        ),
        'model.inputs.day.rnage: is not a known key. Did you mean "range"?',
        expect.stringMatching(/^model\.inputs\.dist\.range: .*lowest value comes first/),
        expect.stringMatching(/^model\.outputs\.late\.classes: .*must differ/),
        expect.stringMatching(/^serve\.timeout: is "200": write a number and a unit/),
        "serve.replicas: is 0; it must be at least 1",
        expect.stringMatching(/^serve\.fallback: is 7.*an alias such as champion/),
        'log.durability: is "dsk"; it must be one of process, disk. Did you mean "disk"?',
        'log.fields: is "carrier"; it must be a list',
      ]),
    );
  });

  test("says how a new version takes the traffic", () => {
    const withRollout = (rollout: unknown) => problems({ slipway: 1, name: "a", rollout });
    const steps = [
      { shadow: "100%", min_samples: 520 },
      { traffic: "0.05%", hold: "10m" },
      { traffic: "100%", bake: "30m" },
    ];
    const guardrails = [
      "errors",
      { metric: "latency", budget: "50ms" },
      { name: "revenue", sql: "select 1", better: "higher" },
    ];
    expect(withRollout("none")).toEqual([]);
    expect(withRollout({ strategy: "canary", steps, guardrails, when: { no_data: "warn" } })).toEqual([]);
    expect(withRollout({ strategy: "cannary" })).toEqual([expect.stringContaining("strategy")]);
    expect(withRollout({ gurdrails: [] })).toEqual([expect.stringContaining('Did you mean "guardrails"?')]);
    expect(withRollout({ guardrails: [{ name: "revenue", sql: "select 1", range: [0, 1] }] })).toHaveLength(1);
    expect(withRollout({ steps: [{ traffic: "0.001%" }] })).toEqual([expect.stringContaining("two decimals")]);
    expect(withRollout({ steps: [{ traffic: "1%", shadow: "1%" }] })).toEqual([expect.stringContaining("one of")]);
  });

  test("says what is watched and how", () => {
    const withMonitor = (monitor: unknown) => problems({ slipway: 1, name: "a", monitor });
    const slices = ["origin", { name: "hubs", column: "origin", values: ["ORD", "ATL"] }, { column: "hour", from: 6 }];
    expect(withMonitor("off")).toEqual([]);
    expect(withMonitor({ window: "5s", slices, drift: { windows: "2 of 3" }, labels: { missing: 0 } })).toEqual([]);
    expect(withMonitor({ drfit: {} })).toEqual([expect.stringContaining('Did you mean "drift"?')]);
    expect(withMonitor({ slices: [{ colum: "origin" }] }).join("\n")).toContain('Did you mean "column"?');
    expect(withMonitor({ drift: { windows: "3 of 2" } })).toEqual([
      expect.stringContaining("cannot be the larger one"),
    ]);
    expect(withMonitor({ window: "1500ms" })).toEqual([expect.stringContaining("whole number of seconds")]);
    expect(withMonitor({ performance: { roc_auc: {} } })).toEqual([expect.stringContaining("give a min, a max")]);
    const rocauc = withMonitor({ performance: { rocauc: { min: 0.7 } } });
    expect(rocauc).toEqual([expect.stringContaining('Did you mean "roc_auc"?')]);
    expect(withMonitor("on")).toHaveLength(1);
  });

  test("names where labels come from, without a place or a password", () => {
    const query = "select key, value from landed";
    const withSql = (sql: unknown) => problems({ slipway: 1, name: "a", labels: { sql } });
    expect(withSql("none")).toEqual([]);
    expect(withSql({ source: "warehouse", query })).toEqual([]);
    expect(withSql({ source: "postgres://me:secret@db/flights", query })).toEqual([
      expect.stringMatching(/^labels\.sql\.source: .*name of a source/),
    ]);
    expect(withSql({ source: "warehouse", query, every: "10ms" })).toEqual([
      expect.stringMatching(/^labels\.sql\.every: .*once a second/),
    ]);
    expect(withSql({ source: "warehouse", qeury: query })).toEqual(
      expect.arrayContaining(['labels.sql.qeury: is not a known key. Did you mean "query"?']),
    );
  });

  test("takes examples, facts of the training and policies about them", () => {
    const whole = {
      slipway: 1,
      name: "a",
      model: {
        path: "m.onnx",
        examples: { path: "examples.parquet", absolute: 0, relative: 1e-3 },
        training: {
          at: "2026-03-01T12:00:00Z",
          data: "s3://flights/2026-02",
          commit: "1a2b3c",
          reference: "r.parquet",
        },
      },
      serve: { memory: "512MiB", max_training_age: "90d" },
    };
    expect(problems(whole)).toEqual([]);
    expect(
      problems({ ...whole, model: { path: "m.onnx", examples: "e.json", training: { at: "2024-02-29" } } }),
    ).toEqual([]);
    const found = problems({
      slipway: 1,
      name: "a",
      model: {
        path: "m.onnx",
        examples: { path: "../e.json", relativ: 1 },
        training: { at: "2026-02-31", comit: "x" },
      },
      serve: { memory: "512", max_training_age: "a year" },
    });
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^model\.examples/),
        expect.stringMatching(/^model\.training\.at: .*no day of the calendar/),
        expect.stringMatching(/^model\.training\.comit: .*Did you mean "commit"/),
        expect.stringMatching(/^serve\.memory: is "512": write a number and a unit/),
        expect.stringMatching(/^serve\.max_training_age: is "a year"/),
      ]),
    );
    for (const at of ["", "yesterday", "2026-13-01", "2026-3-1", "2026-03-01T12:00:00", "2026-03-01 12:00"])
      expect(problems({ ...whole, model: { path: "m.onnx", training: { at } } }), at).not.toEqual([]);
  });

  test("refuses nullable integers, ranges of text and paths that leave the folder", () => {
    const inputs = { a: { type: "int64", nullable: true }, b: { type: "string", range: [0, 1] } };
    expect(problems({ slipway: 1, name: "a", model: { path: "m.onnx", inputs } })).toHaveLength(2);
    for (const path of ["/etc/passwd", "a/../b", "..", "C:\\a", "a\\b", "./a", ""])
      expect(problems({ slipway: 1, name: "a", model: { path } }), path).toHaveLength(1);
    for (const path of ["a", "a/b.onnx", "..a/b..c", "a.b/c"])
      expect(problems({ slipway: 1, name: "a", model: { path } }), path).toHaveLength(0);
  });

  test("never throws anything but its own error", () => {
    fc.assert(
      fc.property(fc.anything(), (data) => {
        problems(data);
      }),
    );
    const piece = fc.jsonValue();
    fc.assert(
      fc.property(fc.constantFrom("slipway", "name", "owner", "model", "serve", "log"), piece, (key, value) => {
        problems({ ...flights, [key]: value });
      }),
    );
  });
});

test("durations", () => {
  expect(["200ms", "1.5s", "10m", "2h", "7d", "0s"].map((text) => parseDuration(text))).toEqual([
    200, 1500, 600_000, 7_200_000, 604_800_000, 0,
  ]);
  for (const text of ["", "200", "ms", "-1s", "1 s", "1w", "1e3s"]) expect(() => parseDuration(text)).toThrow(/200ms/);
});

test("sizes", () => {
  expect(["512MiB", "1.5GiB", "64 KiB", "2GB", "10kB"].map((text) => parseSize(text))).toEqual([
    536_870_912, 1_610_612_736, 65_536, 2e9, 10_000,
  ]);
  for (const text of ["", "512", "MiB", "-1GB", "1TB", "1e3MB"]) expect(() => parseSize(text)).toThrow(/512MiB/);
});

describe("canonical JSON", () => {
  test("does not depend on the order of keys", () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: null })).toBe('{"a":null,"b":[{"d":1}]}');
  });

  test("keeps the value", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = canonicalJson(value);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(JSON.parse(text))).toBe(text);
      }),
      { numRuns: 30 },
    );
  });
});

test("the nearest name", () => {
  const keys = ["replicas", "timeout", "fallback", "on_full"];
  expect(findNearest("replica", keys)).toBe("replicas");
  expect(findNearest("onFull", keys)).toBe("on_full");
  expect(findNearest("tiemout", keys)).toBe("timeout");
  expect(findNearest("colour", keys)).toBeNull();
});
