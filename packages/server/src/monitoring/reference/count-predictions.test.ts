import { rm } from "node:fs/promises";
import { afterEach, expect, test } from "vitest";
import { flight, flightInputs } from "../../predictions/testing/log.ts";
import { openTestLake } from "../../predictions/lake/testing/open-lake.ts";
import { encodeRoute } from "@slipway/runtime";
import { createCountPredictions, rowsOf, stepOf } from "./count-predictions.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function open() {
  const lake = await openTestLake();
  closing.push(async () => {
    await lake.close();
    await rm(lake.data, { recursive: true, force: true });
  });
  const predict = async (version: number, rows: number) => {
    const route = { instance: lake.instance, epoch: 1, endpoint: "flights", revision: 1, model: "flights", version };
    const fields = {
      rows,
      inputs: flightInputs(Array<string>(rows).fill("ATL"), Array<number>(rows).fill(760)),
      outputs: [{ name: "late", datatype: "FP32" as const, shape: [rows, 2], data: new Float32Array(2 * rows) }],
    };
    const record = {
      ...flight(lake.instance, "flights", fields),
      route: encodeRoute({ ...route, digest: "ab".repeat(32) }),
    };
    const logged = Promise.withResolvers<boolean>();
    lake.log.append(record, {}, logged.resolve);
    expect(await logged.promise).toBe(true);
  };
  return { ...lake, predict, count: createCountPredictions(lake.lake) };
}

const of = (version: number) => ({ endpoint: "flights", model: "flights", version });

test("a version's own answers are counted, not those of the others behind its endpoint", async () => {
  const { lake, predict, count } = await open();
  await predict(1, 11_000);
  await predict(2, 7);
  await lake.flush();
  expect([await count(of(1)), await count(of(2))]).toEqual([11_000, 7]);
  await predict(2, 3000);
  await lake.flush();
  expect(await count(of(2))).toBe(3007);
});

test("they are counted anew only where there are enough more to make another step", async () => {
  const { lake, predict } = await open();
  let asked = 0;
  const count = createCountPredictions({
    listFiles: lake.listFiles,
    readViews: (...given) => {
      asked++;
      return lake.readViews(...given);
    },
  });
  const steps: [number, number][] = [];
  for (const rows of [600, 100, 9400, 500]) {
    await predict(2, rows);
    await lake.flush();
    steps.push([await count(of(2)), asked]);
  }
  expect(steps).toEqual([
    [600, 1],
    [600, 1],
    [10_100, 2],
    [10_100, 2],
  ]);
});

test("steps are a growth apart", () => {
  const rows = [0, 499, 500, 1999, 2000, 8000, 10_000, 19_999, 20_000, 1e6];
  expect(rows.map(stepOf)).toEqual([null, null, 0, 0, 1, 2, 2, 2, "all", "all"]);
  // What came last is held against them: they are never all.
  expect(([0, 1, 2, "all"] as const).map(rowsOf)).toEqual([500, 2000, 8000, 10_000]);
});
