import { expect, test } from "vitest";
import { judgeFlightDays, readFlightDays } from "./testing/flight-days.ts";
import { simulate } from "./testing/simulate.ts";

// The figures of many more references: npm run bench:alarms.
const isLong = process.env["MODE"] === "all";

test("independent rows hardly ever raise an alarm, and a small move is seen", { timeout: 300_000 }, () => {
  const references = isLong ? 400 : 30;
  const found = simulate({
    seed: 1,
    references,
    referenceRows: 5000,
    sizes: isLong ? [50, 100, 200, 500, 1000, 2000] : [100, 500],
  });
  // Two deviations of the share of so few references: 4 % are meant.
  const most = 0.05 + 2 * Math.sqrt((0.05 * 0.95) / references);
  for (const { falseAlarms } of found) expect(falseAlarms).toBeLessThanOrEqual(most);
  const { shiftSeen, categorySeen, incidentSeen } = found.find(({ rows }) => rows === 500)!;
  expect(shiftSeen).toBeGreaterThanOrEqual(isLong ? 0.8 : 0.7);
  expect(categorySeen).toBeGreaterThan(0.8);
  expect(incidentSeen).toBeGreaterThan(0.75);
});

test.each(isLong ? [8, 50] : [50])("so do independent rows that came in %i blocks", { timeout: 300_000 }, (blocks) => {
  const references = isLong ? 200 : 6;
  const [found] = simulate({ seed: 2, references, referenceRows: 5000, sizes: [500], blocks });
  expect(found!.falseAlarms).toBeLessThanOrEqual(0.05 + 2 * Math.sqrt((0.05 * 0.95) / references));
  expect(found!.shiftSeen).toBeGreaterThan(isLong ? 0.6 : 0.3);
});

test(
  "days of real flights, which are no independent rows, raise an alarm in one of twenty at most",
  { timeout: 300_000 },
  async () => {
    const flights = await (isLong ? readFlightDays() : readFlightDays(Date.UTC(2001, 2, 1)));
    const chosen = [...flights.days.keys()].filter((day) => isLong || day % 9 === 3);
    const judged = judgeFlightDays(flights, chosen);
    const alarms = [...judged].filter(([, columns]) => columns.length > 0);
    expect(alarms.length).toBeLessThanOrEqual(Math.floor(0.05 * Math.max(20, chosen.length)));
  },
);
