import { expect, test } from "vitest";
import { createGauges } from "./gauges.ts";
import { finding, hourMs, watched } from "./incidents/testing/hear.ts";

test("the last window of each judge counts, not one that is judged again, and not a version that serves no more", () => {
  let serving = [watched];
  const gauges = createGauges({ listServing: () => serving });
  const take = (judge: string, hour: number, column: string) => {
    const window = { from: hour * hourMs, to: (hour + 1) * hourMs };
    const findings = [finding("drift.input", "fail", { column })];
    gauges.take({ watched, verdicts: [{ watched, window, judge, judgedAt: 0, fails: 1, findings }] });
  };
  expect(gauges.list()).toEqual([]);
  take("drift", 5, "old");
  take("drift", 6, "new");
  take("drift", 4, "again");
  take("quality", 5, "other");
  const [last] = gauges.list();
  expect(last).toMatchObject({ watched, to: 7 * hourMs });
  expect(last!.findings.map(({ column }) => column)).toEqual(["new", "other"]);
  serving = [{ ...watched, version: 4 }];
  expect(gauges.list()).toEqual([]);
});
