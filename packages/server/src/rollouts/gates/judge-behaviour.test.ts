import { parseBehaviour, SlipwayError } from "@slipway/contract";
import { expect, test } from "vitest";
import type { AskRecords } from "./ask-records.ts";
import { runBehaviour } from "./judge-behaviour.ts";

/** More delay makes it later; on Sundays it is on time whatever else. */
const ask: AskRecords = async (records) =>
  records.map(({ delay, day, tail }) => {
    const score = day === 0 ? 0 : Math.min(1, Number(delay) / 10) + (tail === "N1" ? 0.001 : 0);
    return { late: score > 0.5 ? "late" : "on_time", score };
  });
const record = { delay: 3, day: 1, tail: "N2" };
/** As the file would have it. */
const run = (given: object) => runBehaviour(parseBehaviour({ tests: [given] }, "b.yaml").tests[0]!, ask);

test("answers that are known", async () => {
  const golden = { name: "g", kind: "golden", records: [record, { ...record, delay: 8 }] } as const;
  const pass = await run({ ...golden, expect: [{ late: "on_time" }, { late: "late", score: 0.79 }], within: 0.02 });
  expect(pass).toMatchObject({ cases: 2, failed: 0, passed: true });
  const fail = await run({ ...golden, expect: [{ late: "on_time" }] });
  expect(fail).toMatchObject({
    failed: 1,
    passed: false,
    examples: [{ why: expect.stringContaining('late is "late"') }],
  });
  expect(await run({ ...golden, expect: [{ lat: "on_time" }] })).toMatchObject({
    examples: [{ why: "there is no output lat, but late, score" }, {}],
  });
});

test("changes that must change nothing", async () => {
  const invariance = {
    name: "i",
    kind: "invariance",
    records: [record],
    change: [{ tail: "N1" }, { tail: "N3" }],
  } as const;
  const given = { ...invariance, change: [...invariance.change] };
  expect(await run(given)).toMatchObject({ cases: 2, failed: 1, passed: false });
  expect(await run({ ...given, within: 0.01 })).toMatchObject({ failed: 0, passed: true });
  expect(await run({ ...given, output: "late" })).toMatchObject({ failed: 0 });
  expect(await run({ ...given, allow: 0.5 })).toMatchObject({ failed: 1, passed: true });
});

test("changes whose direction is known", async () => {
  const direction = { name: "d", kind: "direction", records: [record], change: { delay: 9 }, output: "score" } as const;
  const given = { ...direction, records: [...direction.records] };
  expect(await run({ ...given, expect: "up", by: 0.5 })).toMatchObject({ failed: 0 });
  expect(await run({ ...given, expect: "up", by: 0.7 })).toMatchObject({ failed: 1 });
  expect(await run({ ...given, expect: "down" })).toMatchObject({
    failed: 1,
    examples: [{ why: "score went from 0.3 to 0.9" }],
  });
  expect(await run({ ...given, change: { day: 0 }, expect: "not_up" })).toMatchObject({ failed: 0 });
  expect(await run({ ...given, change: { day: 0 }, expect: "not_down" })).toMatchObject({ failed: 1 });
});

test("a file with mistakes is refused with all of them", () => {
  const read = () => parseBehaviour({ tests: [{ name: "x", kind: "direction", records: [] }] }, "b.yaml");
  expect(read).toThrow(SlipwayError);
  expect(read).toThrow(/tests\.0\.change.*\n.*tests\.0\.output|tests\.0\.records/s);
  const two = { name: "x", kind: "golden", records: [{}, {}, {}], expect: [{}, {}] };
  expect(() => parseBehaviour({ tests: [two] }, "b.yaml")).toThrow(/one answer for each record/);
});
