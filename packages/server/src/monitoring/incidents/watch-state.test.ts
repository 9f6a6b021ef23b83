import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { schemas } from "@slipway/contract";
import type { Finding } from "../finding.ts";
import { toMonitorSettings } from "../settings.ts";
import { rules } from "./rules.ts";
import { createHearing, finding, settings, watched } from "./testing/hear.ts";
import { hearVerdicts } from "./watch-state.ts";

const drift = (column: string, verdict: Finding["verdict"], rest: Partial<Finding> = {}) =>
  finding("drift.input", verdict, { column, effect: 0.5, ...rest });
const auc = (verdict: Finding["verdict"], rest: Partial<Finding> = {}) =>
  finding("performance.realised", verdict, { metric: "roc_auc", severity: "critical", ...rest });

describe("an alarm", () => {
  test("is k of the last m windows, and windows that cannot tell are none of them", () => {
    const hearing = createHearing();
    expect(hearing.hear(0, [drift("a", "fail")])).toBeNull();
    expect(hearing.hear(1, [drift("a", "insufficient")])).toBeNull();
    expect(hearing.hear(2, [drift("a", "pass")])).toBeNull();
    expect(hearing.hear(3, [drift("a", "error")])).toBeNull();
    expect(hearing.hear(4, [drift("a", "fail")])).toMatchObject({ state: "open", severity: "warning" });
    expect(hearing.incident!.evidence).toMatchObject([{ column: "a", since: 0, standing: "cause" }]);
  });

  test("with one failing window in four there is none", () => {
    const hearing = createHearing();
    for (let hour = 0; hour < 40; hour++) hearing.hear(hour, [drift("a", hour % 4 === 0 ? "fail" : "pass")]);
    expect(hearing.incident).toBeNull();
    expect(hearing.state.signals.length).toBe(1);
  });

  test("of data that is broken comes with the first window, of a warning about it like any other", () => {
    const missing = (severity: Finding["severity"]) => finding("quality.missing", "fail", { column: "a", severity });
    expect(createHearing().hear(0, [missing("critical")])).toMatchObject({ severity: "critical" });
    expect(createHearing().hear(0, [missing("warning")])).toBeNull();
    expect(createHearing().hear(0, [finding("quality.schema", "fail")])).not.toBeNull();
  });

  test("of what is looked at every minute is heard of the pulse alone", () => {
    const slow = finding("system.latency", "fail", { severity: "critical" });
    expect(createHearing().hear(0, [slow], "system")).toBeNull();
    const hearing = createHearing();
    expect(hearing.hear(0, [slow], "pulse")).not.toBeNull();
    for (let hour = 1; hour < 10; hour++) hearing.hear(hour, [{ ...slow, verdict: "pass" }], "pulse");
    expect(hearing.incident!.state).toBe("open");
    expect(hearing.hear(10, [{ ...slow, verdict: "pass" }], "pulse")).toMatchObject({ state: "resolved" });
  });

  test("does not come of labels of which too few are here", () => {
    const hearing = createHearing();
    for (let hour = 0; hour < 5; hour++) hearing.hear(hour, [auc("fail", { provisional: true })]);
    expect(hearing.incident).toBeNull();
    for (let hour = 0; hour < 2; hour++) hearing.hear(hour, [auc("fail")]);
    expect(hearing.incident).toMatchObject({ severity: "critical" });
  });

  test("of a provisional reference is a warning", () => {
    const hearing = createHearing();
    for (const hour of [0, 1]) hearing.hear(hour, [drift("a", "fail", { severity: "critical", provisional: true })]);
    expect(hearing.incident!.severity).toBe("warning");
  });
});

describe("an incident", () => {
  test("is one for everything that is wrong, the weightiest first, and is over after two windows in which nothing was", () => {
    const hearing = createHearing();
    const all = (verdict: Finding["verdict"]) => [
      drift("a", verdict, { effect: 0.3 }),
      drift("b", verdict, { effect: 0.9 }),
      drift("c", verdict, { effect: 0.9, details: { importance: 0.1 } }),
      drift("b", verdict, { effect: 2, slice: "origin=ORD" }),
      finding("system.anomaly", verdict, { metric: "latency_p95" }),
    ];
    for (const hour of [0, 1]) hearing.hear(hour, all("fail"));
    const { evidence, id } = hearing.incident!;
    expect(evidence.map(({ column, slice, standing }) => [column, slice, standing])).toEqual([
      [null, "", "cause"],
      ["b", "", "cause"],
      ["a", "", "cause"],
      ["c", "", "cause"],
      ["b", "origin=ORD", "follows"],
    ]);
    hearing.hear(2, all("pass"));
    expect(hearing.incident).toMatchObject({ id, state: "open" });
    hearing.hear(3, all("pass"));
    expect(hearing.incident).toMatchObject({ id, state: "resolved", resolution: "quiet" });
    expect(hearing.told).toEqual(["opened", "resolved"]);
  });

  test("stays open while nobody can tell", () => {
    const hearing = createHearing();
    for (const hour of [0, 1]) hearing.hear(hour, [drift("a", "fail")]);
    for (let hour = 2; hour < 30; hour++) hearing.hear(hour, [drift("a", "insufficient")]);
    expect(hearing.incident!.state).toBe("open");
  });

  test("names the column whose data is broken; its drift is silent meanwhile, and that of others is not", () => {
    const hearing = createHearing();
    const range = finding("quality.range", "fail", {
      column: "a",
      severity: "critical",
      message: "a is out of range.",
    });
    const findings = [
      drift("a", "fail", { effect: 9, severity: "critical" }),
      drift("b", "fail"),
      finding("drift.multivariate", "fail", { effect: 3 }),
      finding("drift.output", "fail", { column: "late", effect: 3 }),
      range,
    ];
    for (const hour of [0, 1]) hearing.hear(hour, findings);
    const incident = hearing.incident!;
    expect(incident.title).toBe("a is out of range.");
    expect(incident.evidence.map(({ monitor, column, standing }) => [monitor, column, standing])).toEqual([
      ["quality.range", "a", "cause"],
      ["drift.input", "b", "cause"],
      ["drift.input", "a", "follows"],
      ["drift.multivariate", null, "follows"],
      ["drift.output", "late", "follows"],
    ]);
    expect(incident.next).toMatch(/^slipway predictions flight-delay --since .* --sql 'SELECT "a", count/);
    // Its data is whole again, and the drift is told for what it is.
    for (const hour of [2, 3]) hearing.hear(hour, [findings[0]!, { ...range, verdict: "pass" }]);
    expect(hearing.incident!.evidence[0]).toMatchObject({ monitor: "drift.input", column: "a", standing: "cause" });
  });

  test("'inputs moved, performance held' is said, not alarmed", () => {
    const hearing = createHearing();
    for (const hour of [10, 11]) hearing.hear(hour, [drift("a", "fail"), auc("insufficient")]);
    expect(hearing.incident).toMatchObject({ severity: "warning" });
    // Labels of an hour before it moved say nothing about it, those of one after do.
    hearing.hear(8, [auc("pass")]);
    expect(hearing.incident).toMatchObject({ severity: "warning" });
    hearing.hear(11, [auc("pass")]);
    expect(hearing.incident).toMatchObject({ severity: "info", title: "Inputs moved, performance held: a." });
    expect(hearing.told).toEqual(["opened", "resolved"]);
    // From then on it is not told at all, whatever moves.
    for (const hour of [12, 13]) hearing.hear(hour, [drift("a", "fail"), drift("b", "fail"), auc("pass")]);
    expect(hearing.told.length).toBe(2);
    for (const hour of [14, 15]) hearing.hear(hour, [drift("a", "fail"), drift("b", "fail"), auc("fail")]);
    expect(hearing.incident).toMatchObject({
      severity: "critical",
      title: expect.stringMatching(/moved with it: a, b\.$/),
    });
    expect(hearing.told).toEqual(["opened", "resolved", "reopened", "worsened"]);
  });

  test("that comes back within the cool-down is the same, and is told once a cool-down; later it is another", () => {
    const long = toMonitorSettings({ incidents: { cooldown: "1d", resolve_after: 1 }, drift: { windows: "1 of 1" } })!;
    const hearing = createHearing(long);
    for (let hour = 0; hour < 23; hour++) hearing.hear(hour, [drift("a", hour % 2 === 0 ? "fail" : "pass")]);
    expect(hearing.incident!.id).toBe("incident-1");
    expect(hearing.told).toEqual(["opened", "resolved"]);
    expect(hearing.happenings.filter(({ type }) => type === "reopened").length).toBe(11);
    hearing.hear(24, [drift("a", "fail")]);
    expect(hearing.told).toEqual(["opened", "resolved", "reopened"]);
    hearing.hear(25, [drift("a", "pass")]);
    hearing.hear(60, [drift("a", "fail")]);
    expect(hearing.incident!.id).toBe("incident-2");
    expect(hearing.told.slice(3)).toEqual(["resolved", "opened"]);
  });

  test("that gets worse is told at once, also where somebody has acknowledged it", () => {
    const hearing = createHearing();
    for (const hour of [0, 1]) hearing.hear(hour, [drift("a", "fail")]);
    hearing.state = { ...hearing.state, incident: { ...hearing.incident!, state: "acknowledged" } };
    hearing.hear(2, [drift("b", "fail"), drift("a", "fail")]);
    expect(hearing.incident!.state).toBe("acknowledged");
    hearing.hear(3, [finding("quality.type", "fail", { column: "c", severity: "critical" })]);
    expect(hearing.incident).toMatchObject({ state: "open", severity: "critical" });
    expect(hearing.told).toEqual(["opened", "acknowledged", "worsened"]);
  });

  test("of a maintenance does not exist", () => {
    const quiet = toMonitorSettings({ incidents: { maintenance: [{ from: "22:00", to: "02:00" }] } })!;
    const hearing = createHearing(quiet);
    for (const hour of [22, 23, 24, 25]) hearing.hear(hour, [drift("a", "fail", { severity: "critical" })]);
    expect(hearing.incident).toBeNull();
    for (const hour of [26, 27]) hearing.hear(hour, [drift("a", "fail")]);
    expect(hearing.incident).not.toBeNull();
  });
});

describe("the machine", () => {
  test("has a rule for every monitor", () => {
    expect(Object.keys(rules).toSorted()).toEqual(schemas.monitorNames.toSorted());
  });

  const verdict = fc.constantFrom("pass", "fail", "insufficient") as fc.Arbitrary<Finding["verdict"]>;
  const anyFinding = fc
    .tuple(
      fc.constantFrom(...schemas.monitorNames),
      fc.constantFrom("a", "b"),
      verdict,
      fc.constantFrom("critical", "warning"),
    )
    .map(([monitor, column, said, severity]) =>
      finding(monitor, said, { column, severity: severity as Finding["severity"] }),
    );
  const windows = fc.array(fc.array(anyFinding, { maxLength: 6 }), { minLength: 1, maxLength: 25 });

  test("changes nothing where a window is told again, and never has an open incident without evidence", () => {
    fc.assert(
      fc.property(windows, (list) => {
        const hearing = createHearing();
        for (const [hour, findings] of list.entries()) {
          hearing.hear(hour, findings);
          const before = hearing.state;
          const window = { from: hour * 3_600_000, to: (hour + 1) * 3_600_000 };
          const verdicts = [{ judge: "drift", findings }];
          const again = hearVerdicts(before, { watched, window, settings, verdicts }, () => "another");
          expect(again.state).toEqual(before);
          expect(again.happenings).toEqual([]);
          const { incident } = before;
          if (incident && incident.state !== "resolved") expect(incident.evidence.length).toBeGreaterThan(0);
          expect(JSON.parse(JSON.stringify(before))).toEqual(before);
        }
      }),
    );
  });

  test("is not told more often than opened, worse, acknowledged and over allow", () => {
    fc.assert(
      fc.property(windows, (list) => {
        const hearing = createHearing();
        for (const [hour, findings] of list.entries()) hearing.hear(hour, findings);
        const isOpen = hearing.told.reduce((open, news) => {
          expect(news === "opened" || news === "reopened").toBe(!open);
          return news !== "resolved";
        }, false);
        const { incident } = hearing;
        expect(isOpen).toBe(incident !== null && incident.state !== "resolved" && incident.severity !== "info");
      }),
    );
  });
});
