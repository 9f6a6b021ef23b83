import { expect, test } from "vitest";
import { toRoles } from "./columns.ts";
import { fits, toSignature, type ValueKind } from "./signature.ts";

const text = (...names: string[]) => names.map((name) => ({ name, type: "VARCHAR" }));

test("usual names are what they say, and all else is an input", () => {
  const roles = toRoles(text("id", "timestamp", "age", "town", "y_pred", "y_pred_proba", "y_true"), {}, false);
  expect(roles).toMatchObject({
    time: "timestamp",
    key: "id",
    label: "y_true",
    outputs: ["y_pred"],
    probability: "y_pred_proba",
    inputs: ["age", "town"],
    ignored: [],
  });
});

test("a named column counts, what is ignored is no input, and lists are nothing", () => {
  const found = [...text("at", "x", "host", "price", "prediction"), { name: "vector", type: "DOUBLE[]" }];
  const roles = toRoles(found, { time: "at", outputs: ["price"], ignore: ["host", "prediction"] }, false);
  expect(roles).toMatchObject({
    time: "at",
    outputs: ["price"],
    inputs: ["x"],
    ignored: ["host", "prediction", "vector"],
  });
});

test("what is missing or named twice is told with what there is", () => {
  const found = text("a", "b", "prediction");
  const refuse = (...given: Parameters<typeof toRoles>) => expect(() => toRoles(...given));
  refuse(found, {}, false).toThrow(/no column of times.*--time-column.*there are: a, b, prediction/);
  refuse(text("time", "a"), {}, false).toThrow(/no column of what was predicted/);
  refuse(found, { outputs: ["c"] }, true).toThrow(/no column "c"/);
  refuse(found, { outputs: ["a"], label: "a" }, true).toThrow(/"a" was named as two things/);
  refuse(text("prediction"), {}, true).toThrow(/No column is left for the inputs/);
  refuse(found, { outputs: ["a", "b"], probability: "prediction" }, true).toThrow(/several were named/);
});

const roles = (columns: string[], given: Parameters<typeof toRoles>[1] = {}) => toRoles(text(...columns), given, true);
const kinds = (entries: Record<string, ValueKind>) => new Map(Object.entries(entries));

test("a class and its probability stay as the file has them; 0 and 1 alone are classes", () => {
  const found = { kinds: kinds({ x: "number", town: "text", y_pred: "binary", price: "number" }), classes: [] };
  expect(toSignature(roles(["x", "town", "y_pred", "y_pred_proba"]), found, undefined)).toMatchObject({
    inputs: [
      { name: "x", datatype: "FP64", nullable: true },
      { name: "town", datatype: "BYTES" },
    ],
    outputs: [
      { name: "y_pred", datatype: "BYTES" },
      { name: "y_pred_proba", datatype: "FP64" },
    ],
  });
  expect(toSignature(roles(["x", "price"], { outputs: ["price"] }), found, undefined).outputs).toEqual([
    { name: "price", datatype: "FP64", shape: [-1] },
  ]);
});

test("a probability alone is of the two classes that labels show, and of several each has its own", () => {
  const alone = (classes: string[], positive?: string) =>
    toSignature(roles(["x", "score"], { probability: "score" }), { kinds: kinds({ x: "number" }), classes }, positive)
      .outputs[0]?.classes;
  expect(alone([])).toEqual(["0", "1"]);
  expect(alone(["late"])).toEqual(["late", "not late"]);
  expect(alone(["late"], "late")).toEqual(["not late", "late"]);
  expect(alone(["on_time", "late"])).toEqual(["late", "on_time"]);
  expect(alone(["on_time", "late"], "late")).toEqual(["on_time", "late"]);
  expect(() => alone(["a", "b", "c"])).toThrow(/there are more: a, b, c/);
  const several = roles(["x", "pa", "pb"], { probabilities: { a: "pa", b: "pb" } });
  expect(toSignature(several, { kinds: kinds({ x: "number" }), classes: [] }, undefined).outputs).toEqual([
    { name: "prediction", datatype: "FP64", shape: [-1, 2], classes: ["a", "b"] },
  ]);
});

test("a version takes the next file of its model, and not that of another one", () => {
  const of = (entries: Record<string, ValueKind>) => ({
    signature: toSignature(
      roles([...Object.keys(entries), "prediction"]),
      { kinds: kinds(entries), classes: [] },
      undefined,
    ),
    classes: null,
  });
  const known = of({ x: "text", y: "number" }).signature;
  expect(fits(known, of({ y: "number", x: "text" }))).toBe(true);
  // What are texts may look like numbers on a day.
  expect(fits(known, of({ x: "number", y: "number" }))).toBe(true);
  expect(fits(known, of({ x: "text", y: "text" }))).toBe(false);
  expect(fits(known, of({ x: "text" }))).toBe(false);
  expect(fits(known, of({ x: "text", z: "number" }))).toBe(false);
});
