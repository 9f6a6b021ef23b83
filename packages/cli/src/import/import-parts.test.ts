import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { isArtifactFolder, proxiedPath, schemeOf, storeOf, toLocalPath } from "./artifact-files.ts";
import { eachOf, inBatches } from "./batches.ts";
import { optionalInt, parseDouble, textOf, toPairs } from "./fields.ts";
import { findPlace } from "./import-models.ts";
import { toWireValue } from "./import-points.ts";
import { digestOf, parseMark } from "./mark.ts";

test("doubles as JSON, Python and Java write them", () => {
  expect(["NaN", "nan", "Infinity", "-inf", "1e-3", "-0.5"].map(parseDouble)).toEqual([
    Number.NaN,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    0.001,
    -0.5,
  ]);
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1].map(toWireValue)).toEqual([
    null,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
    1,
  ]);
});

test("fields of old stores have other names, and numbers may be text", () => {
  expect(textOf({ run_uuid: "a" }, "run_id", "run_uuid")).toBe("a");
  expect(optionalInt({ start_time: "1700000000000" }, "start_time")).toBe(1_700_000_000_000);
  expect(optionalInt({ start_time: null }, "start_time")).toBeNull();
  expect(
    toPairs([
      ["b", "1"],
      ["a", "1"],
      ["b", "2"],
    ]),
  ).toEqual([
    ["a", "1"],
    ["b", "2"],
  ]);
});

test("addresses of artifacts", () => {
  expect(["s3://b/a", "/srv/a", "C:\\a", "mlflow-artifacts:/1"].map(schemeOf)).toEqual([
    "s3",
    "",
    "",
    "mlflow-artifacts",
  ]);
  expect(toLocalPath("file:///srv/a%20b", "/base")).toBe("/srv/a b");
  expect(toLocalPath("./mlruns/0", "/base")).toBe("/base/mlruns/0");
  expect(toLocalPath("file://elsewhere/srv", "/base")).toBeNull();
  expect(toLocalPath("s3://bucket/a", "/base")).toBeNull();
  expect(storeOf("s3://key:secret@bucket/path?sig=1")).toBe("s3://bucket");
  expect(proxiedPath("mlflow-artifacts:/1/abc/artifacts/")).toBe("1/abc/artifacts");
  expect(proxiedPath("mlflow-artifacts://host:5000/1/abc")).toBe("1/abc");
});

test("only what looks like the artifacts of its owner is opened", () => {
  const owner = { experimentId: "1", id: "abc" };
  expect(isArtifactFolder("/srv/mlruns/1/abc/artifacts", owner)).toBe(true);
  for (const path of ["/root/.ssh", "/srv/mlruns/1/other/artifacts", "/srv/../abc/artifacts", "/abc/artifacts/.."])
    expect(isArtifactFolder(path, owner), path).toBe(false);
});

test("an old address below what was imported has a new one", () => {
  const places = new Map([["/old/1/abc/artifacts", "mlflow-artifacts:/7/abc/artifacts"]]);
  expect(findPlace(places, "/old/1/abc/artifacts/model")).toBe("mlflow-artifacts:/7/abc/artifacts/model");
  expect(findPlace(places, "/old/1/abc/artifacts-2")).toBeNull();
  expect(findPlace(places, "m-1")).toBeNull();
});

test("batches are bounded by their bytes and by their number", () => {
  const items = ["a".repeat(50), "b".repeat(60), "c", "d", "e"];
  expect([...inBatches(items, 100, 2)].map((batch) => batch.length)).toEqual([1, 2, 2]);
  expect([...inBatches([], 100, 2)]).toEqual([]);
});

test("so many at a time, and the first failure ends it once the others are done", async () => {
  let [running, most] = [0, 0];
  const done: number[] = [];
  const work = async (item: number) => {
    most = Math.max(most, ++running);
    await setImmediate();
    running--;
    if (item === 3) throw new Error("no");
    done.push(item);
  };
  await expect(eachOf([1, 2, 3, 4, 5, 6, 7, 8, 9], 2, work)).rejects.toThrow("no");
  expect(most).toBe(2);
  expect(done).not.toContain(9);
});

test("a mark that nobody can read is none", () => {
  expect(parseMark(undefined)).toBeNull();
  expect(parseMark("{}")).toBeNull();
  expect(parseMark("no JSON")).toBeNull();
  expect(parseMark('{"info":"a"}')).toEqual({ info: "a", series: {}, files: false });
  expect(digestOf({ a: Number.NaN })).not.toBe(digestOf({ a: null }));
});
