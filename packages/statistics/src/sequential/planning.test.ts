import { expect, test } from "vitest";
import { addEvents, createEventTest, eventEvidence } from "./event-test.ts";
import { requestsToAlarm, unitsToSee } from "./planning.ts";

const shares = [0.01, 0.05, 0.1, 0.5];
const sides = { side: "lower" } as const;

// Medians of 1,000 runs a cell of the event test: with its weights, and with equal ones, which the study's 60 runs a cell had.
test.each([
  [0.01, 0.02, [69_604, 14_857, 7727, 3200], [87_822, 17_143, 9000, 3667]],
  [0.01, 0.05, [11_058, 2167, 1214, 500], [8654, 1833, 1000, 467]],
  [0.05, 0.06, [379_062, 73_168, 40_157, 14_909], [350_399, 79_446, 42_020, 14_727]],
  [0.1, 0.12, [181_956, 38_762, 20_069, 7182], [196_038, 40_267, 21_137, 7964]],
])("a rate of %d that becomes %d alarms after", (rate, worse, simulated, even) => {
  shares.forEach((share, i) => {
    const requests = requestsToAlarm({ rate, ratio: worse / rate, share });
    expect(Math.abs(requests / simulated[i]! - 1)).toBeLessThan(1 / 6);
    expect(Math.abs(requests / even[i]! - 1)).toBeLessThan(0.3);
  });
});

test.each([
  [0.01, 0.02, [201, 34.7, 16.8, 4.6]],
  [0.01, 0.05, [24.9, 4.6, 2.5, 0.783]],
  [0.05, 0.06, [645, 114, 55.7, 16.9]],
  [0.1, 0.12, [280, 49.2, 24.2, 7.6]],
])("a rate of %d that becomes %d is seen by the asymptotic interval after thousands of", (rate, worse, thousands) => {
  shares.forEach((share, i) => {
    const units = unitsToSee({ rate, ratio: worse / rate, share }, sides) / 1000;
    const digits = String(thousands[i]).split(".")[1]?.length ?? 0;
    expect(units.toFixed(digits)).toBe(thousands[i]!.toFixed(digits));
  });
});

test("half an hour at 40 requests a second until the doubling of a 1 % error rate is seen at 1 %", () => {
  const minutes = requestsToAlarm({ rate: 0.01, ratio: 2, share: 0.01 }) / 40 / 60;
  expect(Math.round(minutes)).toBe(28);
});

test("what is known already shortens the wait, to nothing where it alarms", () => {
  const plan = { rate: 0.01, ratio: 2, share: 0.1 };
  const begun = addEvents(createEventTest(), { candidate: 17, champion: 80, share: 0.1 });
  expect(eventEvidence(begun).pHarm).toBeGreaterThan(0.05);
  expect(requestsToAlarm(plan, begun)).toBeLessThan(0.7 * requestsToAlarm(plan));
  const alarmed = addEvents(createEventTest(), { candidate: 60, champion: 80, share: 0.1 });
  expect(requestsToAlarm(plan, alarmed)).toBe(0);
});

test("a smaller α and a tolerated worsening take longer; what is tolerated is never seen", () => {
  const plan = { rate: 0.01, ratio: 2, share: 0.1 };
  expect(requestsToAlarm({ ...plan, alpha: 0.001 })).toBeGreaterThan(1.5 * requestsToAlarm(plan));
  expect(requestsToAlarm({ ...plan, tolerate: 0.5 })).toBeGreaterThan(3 * requestsToAlarm(plan));
  expect(requestsToAlarm({ ...plan, tolerate: 1 })).toBe(Number.POSITIVE_INFINITY);
  expect(requestsToAlarm({ ...plan, ratio: 1 })).toBe(Number.POSITIVE_INFINITY);
});

test("what cannot be planned is refused", () => {
  expect(() => requestsToAlarm({ rate: 0, ratio: 2, share: 0.1 })).toThrow("rate is 0");
  expect(() => requestsToAlarm({ rate: 0.1, ratio: 2, share: 1 })).toThrow("share is 1");
  expect(() => unitsToSee({ rate: 0.6, ratio: 2, share: 0.1 })).toThrow("cannot be planned");
});
