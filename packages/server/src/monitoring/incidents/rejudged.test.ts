import { describe, expect, test } from "vitest";
import type { Finding } from "../finding.ts";
import { toMonitorSettings } from "../settings.ts";
import { createHearing, finding } from "./testing/hear.ts";

const drift = (column: string, verdict: Finding["verdict"], rest: Partial<Finding> = {}) =>
  finding("drift.input", verdict, { column, effect: 0.5, ...rest });
const auc = (verdict: Finding["verdict"]) =>
  finding("performance.realised", verdict, { metric: "roc_auc", severity: "critical" });

describe("what a judge says no more", () => {
  test("has passed where that judge spoke of a newer window", () => {
    const hearing = createHearing();
    const missing = finding("quality.missing", "pass", { column: "a" });
    const absent = finding("quality.schema", "fail", { column: "a", severity: "critical" });
    expect(hearing.hear(0, [absent, missing], "quality")).toMatchObject({ state: "open" });
    hearing.hear(1, [drift("a", "pass")], "drift");
    hearing.hear(2, [], "quality");
    hearing.hear(3, [{ ...missing, verdict: "insufficient" }], "quality");
    // Nobody has spoken of the column so far.
    hearing.hear(4, [missing], "quality");
    expect(hearing.incident!.state).toBe("open");
    expect(hearing.hear(5, [missing], "quality")).toMatchObject({ state: "resolved", resolution: "quiet" });
  });

  test("is over at once where the settings do not ask for it any more", () => {
    const moved = [
      drift("a", "fail"),
      finding("drift.multivariate", "fail"),
      drift("b", "fail", { slice: "origin=ORD" }),
    ];
    const wanted = toMonitorSettings({ slices: [{ column: "origin" }] })!;
    const hearing = createHearing(wanted);
    for (const hour of [0, 1]) hearing.hear(hour, moved);
    expect(hearing.incident!.evidence.length).toBe(3);
    const { drift: usual } = wanted;
    const changed = { ...wanted, slices: [], drift: { ...usual, ignore: ["a"], multivariate: false } };
    const later = createHearing(changed);
    later.state = hearing.state;
    expect(later.hear(2, [])).toMatchObject({ state: "resolved" });
  });

  test("stays as it was where the window is older than what was heard of it", () => {
    const hearing = createHearing();
    for (const hour of [10, 11]) hearing.hear(hour, [drift("a", "fail"), drift("b", "pass")]);
    for (const hour of [7, 8, 9]) hearing.hear(hour, [drift("b", "pass")]);
    expect(hearing.incident).toMatchObject({ state: "open" });
    // What was said of a window is taken back where it is judged again without it.
    for (const hour of [10, 11]) hearing.hear(hour, [drift("b", "pass")]);
    expect(hearing.incident).toMatchObject({ state: "resolved" });
  });
});

describe("windows that are judged again, the oldest first", () => {
  test("open nothing where what they fail of has passed since", () => {
    for (const newest of [6, 30, 200]) {
      const hearing = createHearing();
      for (let hour = 0; hour <= newest; hour++) hearing.hear(hour, [drift("a", "pass")]);
      for (let hour = 0; hour <= newest; hour++)
        hearing.hear(hour, [drift("a", hour >= newest - 5 && hour < newest - 2 ? "fail" : "pass")]);
      expect(hearing.incident).toBeNull();
      // Long past ones neither.
      for (let hour = 0; hour <= newest - 3; hour++) hearing.hear(hour, [drift("a", "fail")]);
      expect(hearing.incident).toBeNull();
      expect(hearing.told).toEqual([]);
    }
  });

  test("open an incident where the newest ones fail, and do not make one flap", () => {
    const hearing = createHearing();
    for (let hour = 0; hour < 40; hour++) hearing.hear(hour, [drift("a", "pass")]);
    for (let round = 0; round < 2; round++)
      for (let hour = 0; hour < 40; hour++) hearing.hear(hour, [drift("a", hour >= 20 ? "fail" : "pass")]);
    expect(hearing.incident).toMatchObject({ state: "open" });
    expect(hearing.told).toEqual(["opened"]);
  });

  test("open nothing where they are long past and nothing could be told since", () => {
    const hearing = createHearing();
    for (let hour = 1_000; hour < 1_003; hour++) hearing.hear(hour, [drift("a", "insufficient")]);
    for (let hour = 0; hour < 50; hour++) hearing.hear(hour, [drift("a", "fail"), finding("quality.schema", "fail")]);
    expect([hearing.incident, hearing.told]).toEqual([null, []]);
  });

  test("open an incident by labels that come late, days after the answers", () => {
    const hearing = createHearing();
    for (let hour = 0; hour < 100; hour++) hearing.hear(hour, [drift("a", "pass"), auc("insufficient")]);
    for (let hour = 0; hour < 4; hour++) hearing.hear(hour, [auc("fail")]);
    expect(hearing.incident).toMatchObject({ state: "open", severity: "critical" });
    expect(hearing.told).toEqual(["opened"]);
  });
});
