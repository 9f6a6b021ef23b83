import { describe, expect, test } from "vitest";
import { findProblem, toClass, type OutputColumn, type OutputFacts } from "./problem.ts";

const output = (name: string, kind: OutputColumn["kind"], more: Partial<OutputColumn> = {}): OutputColumn => ({
  name,
  kind,
  classes: [],
  probabilities: [],
  ...more,
});
const facts = (more: Partial<OutputFacts> = {}): OutputFacts => ({
  truths: [],
  values: {},
  shares: new Set(),
  ...more,
});

describe("what the labels are about", () => {
  const late = output("late", "class", { classes: ["no", "yes"], probabilities: ["late_p_no", "late_p_yes"] });

  test("probabilities of named classes, the second one positive unless told otherwise", () => {
    const wanted = { kind: "binary", prediction: "late", classes: ["no", "yes"], scores: ["late_p_no", "late_p_yes"] };
    expect(findProblem([output("label", "integer"), late], facts(), null)).toEqual(wanted);
    expect(findProblem([late], facts(), "no")).toMatchObject({
      classes: ["yes", "no"],
      scores: ["late_p_yes", "late_p_no"],
    });
    const three = output("kind", "class", { classes: ["a", "b", "c"], probabilities: ["a", "b", "c"] });
    expect(findProblem([three], facts(), null)).toMatchObject({ kind: "multiclass", classes: ["a", "b", "c"] });
  });

  test("texts with the probability beside them; 1, true and yes are positive without being named", () => {
    const outputs = [output("prediction", "text"), output("predicted_probability", "number"), output("risk", "number")];
    const known = facts({
      truths: ["0", "1"],
      values: { prediction: ["1", "0"] },
      shares: new Set(["predicted_probability", "risk"]),
    });
    expect(findProblem(outputs, known, null)).toEqual({
      kind: "binary",
      prediction: "prediction",
      classes: ["0", "1"],
      scores: [null, "predicted_probability"],
    });
    expect(findProblem(outputs, known, "0")).toMatchObject({ classes: ["1", "0"] });
    const words = facts({ truths: ["yes"], values: { prediction: ["never", "yes"] } });
    expect(findProblem(outputs, words, null)).toMatchObject({ classes: ["never", "yes"], scores: [] });
  });

  test("a number alone is a probability where it looks like one and the labels have two values, else a regression", () => {
    const score = [output("score", "number")];
    const shares = new Set(["score"]);
    expect(findProblem(score, facts({ truths: ["true", "false"], shares }), null)).toMatchObject({
      kind: "binary",
      prediction: null,
      classes: ["false", "true"],
      scores: [null, "score"],
    });
    expect(findProblem(score, facts({ truths: null, shares }), null)).toMatchObject({ kind: "regression" });
    expect(findProblem(score, facts({ truths: ["0", "1"] }), null)).toMatchObject({ kind: "regression" });
    expect(
      findProblem([output("n", "integer")], facts({ truths: ["3", "4"], values: { n: ["3", "4"] } }), null),
    ).toMatchObject({
      kind: "binary",
      prediction: "n",
    });
    expect(findProblem([output("n", "integer")], facts({ truths: null, values: { n: null } }), null)).toMatchObject({
      kind: "regression",
    });
    expect(findProblem([], facts(), null)).toBeNull();
  });
});

test.each([
  ["yes", ["no", "yes"], 1],
  ["YES ", ["no", "yes"], 1],
  ["1.0", ["0", "1"], 1],
  ["true", ["on_time", "late"], 1],
  ["0", ["on_time", "late"], 0],
  ["1", ["yes", "no"], 0],
  ["false", ["yes", "no"], 1],
  ["2", ["a", "b", "c"], null],
  ["cancelled", ["no", "yes"], null],
  ["", ["no", "yes"], null],
] as const)("the label %j of the classes %j", (text, classes, wanted) => {
  expect(toClass(text, classes)).toBe(wanted);
});
