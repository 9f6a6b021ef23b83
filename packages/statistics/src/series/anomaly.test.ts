import { expect, test } from "vitest";
import { createNormal, createRandom } from "../random.ts";
import { judgeNext, type SeriesOptions } from "./anomaly.ts";

const normal = createNormal(createRandom(21));

function anomalies(values: readonly number[], options: SeriesOptions = {}): number[] {
  return values.flatMap((value, i) => (judgeNext(values.slice(0, i), value, options).verdict === "anomaly" ? [i] : []));
}

test("normal noise is usual, a spike is not, and outliers of the past do not hide it", () => {
  const values = Array.from({ length: 1500 }, () => 100 + 5 * normal());
  expect(anomalies(values).length).toBeLessThanOrEqual(1);
  for (const at of [900, 910, 920, 930, 1000]) values[at] = 300;
  expect(anomalies(values)).toEqual(expect.arrayContaining([900, 910, 920, 930, 1000]));
});

test("a quarter of outliers in the past does not hide the next one", () => {
  const values = Array.from({ length: 120 }, (_, i) => (i % 4 === 3 ? 300 : 100) + 5 * normal());
  expect(judgeNext(values, 300).verdict).toBe("anomaly");
  expect(judgeNext(values, 105).verdict).toBe("usual");
});

test("a day's rhythm is usual with its season, and its absence is not", () => {
  const day = (i: number) => 1000 + 800 * Math.sin((2 * Math.PI * i) / 24) + 20 * normal();
  const values = Array.from({ length: 24 * 20 }, (_, i) => day(i));
  const options = { season: 24, window: 96 };
  expect(anomalies(values, options).length).toBeLessThanOrEqual(1);
  // At noon as at midnight: within all that was seen, and wrong for the hour.
  const night = judgeNext(values, day(values.length + 12) + 800, options);
  expect(night.verdict).toBe("anomaly");
  expect(night.expected).toBeGreaterThan(900);
  expect(judgeNext(values, day(values.length), options).verdict).toBe("usual");
  expect(judgeNext(values, day(values.length) + 400, { ...options, season: null }).verdict).toBe("usual");
});

test("a level that moved becomes usual when it fills half of the window", () => {
  const values = Array.from({ length: 400 }, (_, i) => (i < 200 ? 10 : 50) + normal());
  const found = anomalies(values, { window: 60 });
  expect(found[0]).toBe(200);
  expect(found.at(-1)!).toBeLessThan(240);
});

test("too little of a past is insufficient, and missing values are no past", () => {
  expect(judgeNext([1, 2, 3], 100)).toMatchObject({ verdict: "insufficient", score: Number.NaN });
  const gaps = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? 5 : Number.NaN));
  expect(judgeNext(gaps, 100).verdict).toBe("insufficient");
  expect(judgeNext(gaps, 100, { least: 10 }).verdict).toBe("anomaly");
});

test("counts near zero spread as counts do", () => {
  const quiet = Array.from({ length: 60 }, () => 0);
  expect(judgeNext(quiet, 1).score).toBe(Number.POSITIVE_INFINITY);
  expect(judgeNext(quiet, 3, { counts: true }).verdict).toBe("usual");
  expect(judgeNext(quiet, 30, { counts: true }).verdict).toBe("anomaly");
  expect(judgeNext(quiet, 0)).toMatchObject({ verdict: "usual", score: 0 });
});
