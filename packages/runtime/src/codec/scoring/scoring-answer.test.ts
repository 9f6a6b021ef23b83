import { expect, test } from "vitest";
import type { Signature } from "../../signature.ts";
import type { Tensor } from "../../tensor.ts";
import { renderScoringAnswer } from "./scoring-answer.ts";

const column = (name: string) => ({ name, datatype: "FP64" as const, shape: [-1], nullable: false });
const tabular: Signature = { inputs: [column("a"), column("b")], outputs: [], packed: null, batched: true };
const answer = (...outputs: readonly Tensor[]) => JSON.parse(renderScoringAnswer(tabular, outputs)).predictions;
const numbers = (name: string, shape: readonly number[], ...data: number[]): Tensor => ({
  name,
  datatype: "FP64",
  shape,
  data: new Float64Array(data),
});

test("an array without a name is the answer itself", () => {
  expect(answer(numbers("predictions", [2], 1, 2))).toEqual([1, 2]);
  expect(answer(numbers("predictions", [2, 2], 1, 2, 3, 4))).toEqual([
    [1, 2],
    [3, 4],
  ]);
  expect(answer({ name: "predictions", datatype: "BYTES", shape: [2], data: ["rose", "ä"] })).toEqual(["rose", "ä"]);
});

test("columns with names are records, and outputs of different lengths are lists by name", () => {
  expect(answer(numbers("price", [2], 1, 2))).toEqual([{ price: 1 }, { price: 2 }]);
  expect(answer(numbers("predictions", [1], 1), numbers("more", [1], 2))).toEqual([{ predictions: 1, more: 2 }]);
  expect(answer(numbers("label", [1], 1), numbers("p", [1, 2], 0, 1))).toEqual({ label: [1], p: [[0, 1]] });
});
