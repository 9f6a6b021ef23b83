import { decodeRowSet, encodeRowSet, eraseFromSegment, type Signature, type Tensor } from "@slipway/runtime";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { flightInputs, openLog } from "../testing/log.ts";
import type { ReplaySelection } from "./messages.ts";
import { createReplayer } from "./replayer.ts";

const signature: Signature = {
  inputs: [
    { name: "origin", datatype: "BYTES", shape: [-1], nullable: false },
    { name: "distance", datatype: "FP32", shape: [-1], nullable: false },
  ],
  outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2] }],
  packed: null,
  batched: true,
};
const tolerance = { absolute: 1e-6, relative: 1e-4 };

/** Runs the selection with `model` for the model. */
function replayAll(
  folder: string,
  selection: ReplaySelection,
  model: (inputs: readonly Tensor[], rows: number) => Tensor[],
) {
  const replayer = createReplayer({ folder, selection, tolerance }, () => performance.now());
  const target = replayer.target({ signature, recorded: signature });
  let pages = 0;
  for (let last = false; !last;) {
    const page = replayer.page();
    pages++;
    ({ last } = page);
    for (const { index } of page.requests) {
      const { tensors, rows } = replayer.inputs(index, target)!;
      replayer.outputs(index, model(tensors, rows));
    }
  }
  return { pages, ...replayer.result() };
}

/** What the records of the test log say that the model says, moved by `by` in its first column. */
const late =
  (by = 0) =>
  (_inputs: readonly Tensor[], rows: number): Tensor[] => [
    {
      name: "late",
      datatype: "FP32",
      shape: [rows, 2],
      data: Float32Array.from({ length: rows * 2 }, (_, i) => (i % 2 === 0 ? 0.25 + by : 0.75)),
    },
  ];

const many = (rows: number) => ({
  rows,
  inputs: flightInputs(
    Array.from({ length: rows }, () => "ATL"),
    Array.from({ length: rows }, (_, row) => row),
  ),
  outputs: late()([], rows),
});

test("reads page after page and counts every row once, by how far it is off", async () => {
  const { folder, append, log } = await openLog({ segmentBytes: 20_000 });
  for (let i = 0; i < 150; i++) await append(i % 3 === 0 ? "other" : "flights");
  await append("flights", many(7));
  const selection = { endpoint: "flights", limit: 1000 };
  const same = replayAll(folder, selection, late());
  expect(same).toMatchObject({
    pages: 2,
    total: 107,
    identical: 107,
    limited: false,
    outputs: { late: { maxUlps: 0 } },
  });
  expect(replayAll(folder, selection, late(1e-6))).toMatchObject({
    within: 107,
    outputs: { late: { within: 107, maxUlps: 34, worst: { index: 0, expected: 0.25 } } },
    examples: [],
  });
  const off = replayAll(folder, selection, late(0.25));
  expect(off).toMatchObject({ different: 107, outputs: { late: { maxDifference: 0.25, maxUlps: 2 ** 23 } } });
  expect(off.examples).toHaveLength(20);
  expect(off.examples[0]).toMatchObject({
    output: "late",
    expected: 0.25,
    got: 0.5,
    prediction: expect.stringMatching(/\/0$/),
  });
  await log.close();
});

test("the limit is of rows, the newest first, and says where it cut", async () => {
  const { folder, append, log } = await openLog();
  const first = await append("flights", many(3));
  await append("flights", many(3));
  const cut = (limit: number) => replayAll(folder, { endpoint: "flights", limit }, late());
  expect([cut(2), cut(3), cut(4), cut(6)].map(({ total, limited }) => [total, limited])).toEqual([
    [2, true],
    [3, true],
    [4, true],
    [6, false],
  ]);
  expect(replayAll(folder, { id: first, row: 2 }, late(1))).toMatchObject({
    total: 1,
    different: 1,
    examples: [{ prediction: `${first}/2` }],
  });
  await log.close();
});

test("rows that were erased are counted as such, and the others are run without them", async () => {
  const { folder, instance, append, log } = await openLog();
  const id = await append("flights", many(3));
  const single = await append("flights");
  await log.close();
  const rows = decodeRowSet(
    encodeRowSet([
      { id, row: 1 },
      { id: single, row: 0 },
    ]),
  );
  await eraseFromSegment(join(folder, instance, "00000001.log"), rows);
  const seen: number[] = [];
  const found = replayAll(folder, { endpoint: "flights", limit: 10 }, (inputs, count) => {
    seen.push(...Array.from(inputs[1]!.data as Float32Array));
    return late(0.5)([], count);
  });
  // Of the other request nothing is left, not even whose it was.
  expect([seen, found.total, found.different, found.notReplayable]).toEqual([[0, 2], 3, 2, { erased: 1 }]);
  expect(found.examples.map(({ prediction }) => prediction)).toEqual([`${id}/0`, `${id}/2`]);
});

test("a record whose checksum is wrong is counted, not passed over", async () => {
  const { folder, instance, append, log } = await openLog();
  await append("flights");
  const { byte } = log.position();
  await append("flights");
  await append("flights");
  await log.close();
  const file = await open(join(folder, instance, "00000001.log"), "r+");
  await file.write(Buffer.from([0xff]), 0, 1, byte + 4);
  await file.close();
  expect(replayAll(folder, { endpoint: "flights", limit: 10 }, late())).toMatchObject({
    total: 3,
    identical: 2,
    notReplayable: { damaged: 1 },
  });
});
