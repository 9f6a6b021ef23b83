import { createNormal, createRandom } from "@slipway/statistics";
import { expect, test } from "vitest";
import { explain, type ExplainedRows } from "./explain.ts";
import type { Column } from "./scored-rows.ts";

const n = 4000;

/** `price` and `shop` decide; `noise` moves as much as `price` does. The answers are off at one shop. */
function makeRows(seed: number, { shift = 0, atHarbour = 0.1 } = {}): ExplainedRows {
  const random = createRandom(seed);
  const normal = createNormal(random);
  const shop = Array.from({ length: n }, () => ["harbour", "station", "market", "airport"][Math.floor(4 * random())]!);
  const columns = new Map<string, Column>([
    ["price", Float64Array.from({ length: n }, () => normal() + shift)],
    ["noise", Float64Array.from({ length: n }, () => normal() + shift)],
    ["shop", shop],
    ["still", Float64Array.from({ length: n }, normal)],
  ]);
  const losses = Float64Array.from(shop, (name) => Number(random() < (name === "harbour" ? atHarbour : 0.1)));
  return { columns, losses };
}

const importance = { price: 0.6, shop: 0.3, still: 0.08, noise: 0.02 };

test("features are ranked by how far they moved and how much hangs on them", () => {
  const { features, segments } = explain(makeRows(1), makeRows(2, { shift: 0.8 }), importance);
  expect(features.map(({ column }) => column)).toEqual(["price", "noise"]);
  expect(features[0]!.weight).toBeGreaterThan(20 * features[1]!.weight);
  expect(segments).toEqual([]);
});

test("segments are ranked by how much of the loss is theirs", () => {
  const { features, segments } = explain(makeRows(1), makeRows(2, { atHarbour: 0.5 }), importance);
  expect(features).toEqual([]);
  expect(segments).toEqual([
    {
      column: "shop",
      value: "harbour",
      rows: expect.any(Number),
      share: expect.closeTo(0.25, 1),
      loss: expect.closeTo(0.5, 1),
      before: expect.closeTo(0.1, 1),
      contribution: expect.closeTo(0.1, 1),
    },
  ]);
});

test("ranges of numbers are segments; rows whose truth is not known count for none", () => {
  const [before, now] = [makeRows(1), makeRows(2)];
  const price = now.columns.get("price") as Float64Array;
  const losses = now.losses.map((loss, i) => (price[i]! > 0.7 ? 1 : loss));
  const { segments } = explain(before, { ...now, losses }, importance);
  expect(segments[0]).toMatchObject({ column: "price", value: expect.stringMatching(/^0\.6\d*\.\.$/) });
  const unknown = losses.map(() => Number.NaN);
  expect(explain(before, { ...now, losses: unknown }, importance).segments).toEqual([]);
});
