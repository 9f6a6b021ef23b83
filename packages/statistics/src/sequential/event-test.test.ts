import { expect, test } from "vitest";
import { createRandom } from "../random.ts";
import {
  addEvent,
  addEvents,
  createEventTest,
  EVENT_RATIOS,
  EVENT_WEIGHTS,
  eventEvidence,
  mergeEventTests,
} from "./event-test.ts";

const GOLDEN = [1, 0, 0, 1, 1, 0, 1, 1].map((bit) => ({ isCandidate: bit === 1, share: 0.2 }));

test("log E after each event, all ratios weighing the same", () => {
  const weights = EVENT_RATIOS.map(() => 1 / 6);
  const expected = [
    0.750853251, 0.301545219, -0.039026863, 0.615407424, 1.398177803, 0.941173502, 1.737605176, 2.643127129,
  ];
  let state = createEventTest();
  GOLDEN.forEach((event, i) => {
    state = addEvent(state, event);
    expect(eventEvidence(state, { weights }).logHarm).toBeCloseTo(expected[i]!, 9);
  });
});

test("one by one, in counts, in parts and in any order is the same", () => {
  const oneByOne = GOLDEN.reduce(addEvent, createEventTest());
  const counted = addEvents(createEventTest(), { candidate: 5, champion: 3, share: 0.2 });
  const parts = mergeEventTests(
    GOLDEN.slice(5).reduce(addEvent, createEventTest()),
    GOLDEN.slice(0, 5).reduce(addEvent, createEventTest()),
  );
  for (const state of [counted, parts]) {
    expect(state).toMatchObject({ candidate: 5, champion: 3 });
    expect(eventEvidence(state).logHarm).toBeCloseTo(eventEvidence(oneByOne).logHarm, 12);
    expect(eventEvidence(state).logImprovement).toBeCloseTo(eventEvidence(oneByOne).logImprovement, 12);
  }
  expect(JSON.parse(JSON.stringify(counted))).toEqual(counted);
});

test("all of the stake is on some ratio", () => {
  expect(EVENT_WEIGHTS.reduce((sum, weight) => sum + weight, 0)).toBe(1);
});

test("nothing is known of no events", () => {
  expect(eventEvidence(createEventTest())).toEqual({
    logHarm: 0,
    logImprovement: 0,
    pHarm: 1,
    pImprovement: 1,
    events: 0,
  });
});

test("improvement is harm seen from the other arm", () => {
  const seen = eventEvidence(addEvents(createEventTest(), { candidate: 3, champion: 60, share: 0.3 }));
  const mirrored = eventEvidence(addEvents(createEventTest(), { candidate: 60, champion: 3, share: 0.7 }));
  expect(seen.logImprovement).toBeCloseTo(mirrored.logHarm, 12);
  expect(seen.pImprovement).toBeLessThan(0.001);
  expect(seen.pHarm).toBe(1);
});

/** The expectation of the next factor of E, computed from its definition. */
function expectedFactor(tolerate: number, share: number, trueRatio: number): number[] {
  const candidates = (share * trueRatio) / (share * trueRatio + 1 - share);
  const after = (isCandidate: boolean) => addEvent(createEventTest({ tolerate }), { isCandidate, share }).harm;
  const [hit, miss] = [after(true), after(false)];
  return EVENT_RATIOS.map((_, i) => candidates * Math.exp(hit[i]!) + (1 - candidates) * Math.exp(miss[i]!));
}

test.each([0, 0.1, 1])("E grows in expectation only beyond what is tolerated (%d)", (tolerate) => {
  for (const share of [0.01, 0.1, 0.5, 0.95]) {
    for (const factor of expectedFactor(tolerate, share, 1 + tolerate)) expect(factor).toBeCloseTo(1, 12);
    for (const factor of expectedFactor(tolerate, share, 0.9 * (1 + tolerate))) expect(factor).toBeLessThan(1);
    for (const factor of expectedFactor(tolerate, share, 1.1 * (1 + tolerate))) expect(factor).toBeGreaterThan(1);
  }
});

test("equal arms alarm in at most α of the runs, looked at after every event while shares and rates move", () => {
  const random = createRandom(20);
  let alarms = 0;
  for (let run = 0; run < 400; run++) {
    let state = createEventTest();
    for (let i = 0; i < 400; i++) {
      const share = i < 150 ? 0.02 : i < 300 ? 0.1 : 0.5;
      state = addEvent(state, { isCandidate: random() < share, share });
      if (eventEvidence(state).pHarm <= 0.05) {
        alarms++;
        break;
      }
    }
  }
  // P(Binomial(400, 0.05) > 33) = 0.2 %.
  expect(alarms).toBeLessThanOrEqual(33);
});

test("what cannot be compared is refused", () => {
  const none = createEventTest();
  for (const share of [0, 1, Number.NaN]) {
    expect(() => addEvents(none, { candidate: 1, champion: 0, share })).toThrow("both arms have traffic");
  }
  expect(() => addEvents(none, { candidate: -1, champion: 0, share: 0.5 })).toThrow(RangeError);
  expect(() => createEventTest({ tolerate: -0.1 })).toThrow("0.1 tolerates 10 % more");
  expect(() => mergeEventTests(none, createEventTest({ tolerate: 0.2 }))).toThrow("same tolerate");
});
