import type { InputSpec, OutputSpec, Signature } from "@slipway/runtime";
import { expect, test } from "vitest";
import { findBreakingChanges } from "./compatibility.ts";

const hour: InputSpec = { name: "hour", datatype: "INT64", shape: [-1], nullable: false, range: [0, 23] };
const share: InputSpec = { name: "share", datatype: "FP32", shape: [-1], nullable: true };
const image: InputSpec = { name: "image", datatype: "UINT8", shape: [-1, 8, -1], nullable: false };
const late: OutputSpec = { name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", "late"] };
const base: Signature = { inputs: [hour, share, image], outputs: [late], packed: null, batched: true };

/** The kinds of changes from the base, or from another one. */
function kinds(change: Partial<Signature>, from: Signature = base, fields: string[] = []): string[] {
  return findBreakingChanges(from, { ...from, ...change }, new Set(fields)).map(({ kind, path }) => `${kind} ${path}`);
}
const input = (spec: InputSpec, change: Partial<InputSpec>) => ({
  inputs: base.inputs.map((each) => (each === spec ? { ...each, ...change } : each)),
});
const output = (change: Partial<OutputSpec>) => ({ outputs: [{ ...late, ...change }] });
const { range: _, ...unbounded } = hour;

test.each<[string, Partial<Signature>]>([
  ["nothing", {}],
  ["inputs in another order", { inputs: base.inputs.toReversed() }],
  ["a new nullable input", { inputs: [...base.inputs, { ...share, name: "new" }] }],
  ["a wider range", input(hour, { range: [-1, 24] })],
  ["no range any more", { inputs: [unbounded, share, image] }],
  ["null allowed", input(image, { nullable: true })],
  ["[N] for [N, 1]", input(hour, { shape: [-1, 1] })],
  ["any size where there was one", input(image, { shape: [-1, -1, -1] })],
  ["a new output", { outputs: [late, { ...late, name: "new" }] }],
])("breaks nobody: %s", (_name, change) => {
  expect(kinds(change)).toEqual([]);
});

test.each<[string, Partial<Signature>]>([
  ["input_removed inputs.hour", { inputs: [share, image] }],
  ["input_added inputs.new", { inputs: [...base.inputs, { ...hour, name: "new" }] }],
  ["input_datatype inputs.hour", input(hour, { datatype: "INT32" })],
  ["input_shape inputs.image", input(image, { shape: [-1, 8, 8] })],
  ["input_shape inputs.image", input(image, { shape: [-1, 8] })],
  ["input_range inputs.hour", input(hour, { range: [1, 23] })],
  ["input_range inputs.share", input(share, { range: [0, 1] })],
  ["input_nullable inputs.share", input(share, { nullable: false })],
  ["output_removed outputs.late", { outputs: [] }],
  ["output_removed outputs.late", output({ name: "delayed" })],
  ["output_datatype outputs.late", output({ datatype: "FP64" })],
  ["output_shape outputs.late", output({ shape: [-1] })],
  ["output_classes outputs.late", output({ classes: ["late", "on_time"] })],
  ["batch batched", { batched: false }],
])("breaks callers: %s", (kind, change) => {
  expect(kinds(change)).toEqual([kind]);
});

test("an input that goes may stay among the fields that are recorded", () => {
  expect(kinds({ inputs: [hour, image] }, base, ["share"])).toEqual([]);
  // What comes is judged by itself: that it was recorded before does not say that every caller sends it.
  expect(kinds({ inputs: [...base.inputs, { ...hour, name: "new" }] }, base, ["new"])).toEqual([
    "input_added inputs.new",
  ]);
});

test("callers of the matrix see its name, its datatype and the order of its columns", () => {
  const packed: Signature = { ...base, inputs: [hour, share], packed: { tensor: "X", datatype: "FP32" } };
  expect(kinds({ inputs: [hour, share, { ...share, name: "new" }] }, packed)).toEqual([]);
  expect(kinds({ inputs: [share, hour] }, packed)).toEqual(["matrix packed"]);
  expect(kinds({ packed: { tensor: "Y", datatype: "FP32" } }, packed)).toEqual(["matrix packed"]);
  expect(kinds({ packed: { tensor: "X", datatype: "FP64" } }, packed)).toEqual(["matrix packed"]);
  expect(kinds({ packed: null }, packed)).toEqual(["matrix packed"]);
  expect(kinds({ inputs: [share] }, packed)).toEqual(["input_removed inputs.hour"]);
});
