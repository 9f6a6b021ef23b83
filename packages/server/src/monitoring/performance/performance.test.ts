import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { flightSignature } from "../../predictions/lake/testing/open-lake.ts";
import { toMonitorSettings } from "../settings.ts";
import { fitEstimator } from "./estimator.ts";
import { outputsOf } from "./outputs-of.ts";
import { hour, makeHour, openTestPerformance, start } from "./testing/open-performance.ts";

// One lake for all: its processes take a second to start. Each test has an endpoint of its own, a day after the one before.
let opened: Awaited<ReturnType<typeof openTestPerformance>>;
beforeAll(async () => {
  opened = await openTestPerformance({ monitor: sections });
});
afterAll(() => opened.close());

const sections = {
  fall: {
    slices: [{ column: "origin", values: ["ORD"] }],
    groups: ["origin"],
    cost: { yes: { no: -100 }, no: { yes: -10 } },
    metrics: {
      long_haul: { sql: "select count(*) filter (distance > 600) from predictions", min: 100 },
      hit_rate: { sql: "select avg((late = value)::int) from predictions join labels using (id, row)", min: 0.99 },
      broken: { sql: "select count(*) from read_text('/etc/passwd')" },
    },
  },
  horizon: { labels: { horizon: "2h", missing: "no" } },
};

describe("the performance of windows", { timeout: 90_000 }, () => {
  test("labels that come late, are corrected, repeated, missing or name nothing: each counts once, in its window", async () => {
    const { at, watch } = opened;
    const { predict, label, windows, findings } = opened.endpoint("late");
    const { flights, truth, labelled } = makeHour(1);
    await predict(start + 60_000, flights);
    const ends = start + hour;
    at(ends + 10_000);
    await watch.pass();
    expect(await windows()).toMatchObject([{ rows: 400, labelled: 0, state: "unlabelled", realised: {} }]);
    expect((await findings(0)).map(({ monitor, metric, verdict }) => [monitor, metric, verdict])).toEqual([
      ["performance.realised", "roc_auc", "insufficient"],
      ["performance.realised", "accuracy", "insufficient"],
    ]);

    // Half of them, two hours later, each said twice, and one of nobody.
    at(ends + 2 * hour);
    await label(labelled.slice(0, 200));
    await label([...labelled.slice(0, 200), { key: "nobody", value: "yes" }]);
    await watch.pass();
    const right = truth.filter((value, i) => (value === "yes") === flights[i]!.score > 0.5);
    const rightOf = (n: number) =>
      truth.slice(0, n).filter((value, i) => (value === "yes") === flights[i]!.score > 0.5).length;
    const [half] = await windows();
    expect(half).toMatchObject({ rows: 400, labelled: 200, unusable: 0, state: "provisional" });
    expect(half?.realised["accuracy"]).toMatchObject({ value: rightOf(200) / 200, rows: 200 });
    expect(half?.arrivals.counts.reduce((sum, count) => sum + count, 0)).toBe(200);
    expect((await findings(0))[0]).toMatchObject({ verdict: "insufficient", provisional: true });

    // The rest but for forty; ten of the first are corrected, one with a word that is no class.
    at(ends + 3 * hour);
    await label(labelled.slice(200, 360));
    const turned = labelled
      .slice(0, 10)
      .map(({ key, value }) => ({ key: key!, value: value === "yes" ? "no" : "yes" }));
    await label([...turned.slice(0, 9), { key: turned[9]!.key, value: "cancelled" }]);
    await watch.pass();
    const [final] = await windows();
    expect(final).toMatchObject({ rows: 400, labelled: 359, unusable: 1, state: "final" });
    const turnedRight = turned
      .slice(0, 9)
      .filter(({ value }, i) => (value === "yes") === flights[i]!.score > 0.5).length;
    const kept = rightOf(360) - rightOf(10) + turnedRight;
    expect(final?.realised["accuracy"]?.value).toBeCloseTo(kept / 359, 12);
    expect(right.length).toBeGreaterThan(0);
    // One more that says otherwise, and nothing else.
    at(ends + 4 * hour);
    const [other] = labelled
      .slice(20, 21)
      .map(({ key, value }) => ({ key: key!, value: value === "yes" ? "no" : "yes" }));
    await label([other!]);
    await watch.pass();
    const [again] = await windows();
    expect(again).toMatchObject({ labelled: 359, unusable: 1, computedAt: ends + 4 * hour });
    const more = (other!.value === "yes") === flights[20]!.score > 0.5 ? 1 : -1;
    expect(again?.realised["accuracy"]?.value).toBeCloseTo((kept + more) / 359, 12);
    // A label that comes first at its second saying does not count as arrived twice.
    expect(final?.arrivals.counts.reduce((sum, count) => sum + count, 0)).toBe(360);
  });

  test("a window is measured again only where something has changed, and then judged again", async () => {
    const { at, watch, store, performance } = opened;
    const { predict, label, windows } = opened.endpoint("changes");
    const hours = [1, 2].map((seed) => makeHour(seed, { n: 120 }));
    for (const [i, { flights }] of hours.entries()) await predict(start + i * hour, flights);
    at(start + 3 * hour);
    await watch.pass();
    const before = await windows();
    expect(before).toHaveLength(2);
    at(start + 4 * hour);
    await watch.pass();
    expect(await windows()).toEqual(before);
    await label(hours[1]!.labelled);
    await performance.refresh();
    expect(await store.listPending(Number.MAX_SAFE_INTEGER, 10)).toMatchObject([
      { from: start + hour, judge: "performance" },
    ]);
    const after = await windows();
    expect(after[0]).toEqual(before[0]);
    expect(after[1]).toMatchObject({ labelled: 120, computedAt: start + 4 * hour });
    // A prediction that is on record late belongs to the window of its own time.
    await predict(start + 1000, makeHour(9, { n: 30 }).flights);
    await watch.pass();
    expect((await windows()).map(({ rows }) => rows)).toEqual([150, 120]);
    expect(await store.listPending(Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
  });

  test("a fall is told against the version's own past, by slice, by group and in the user's own words", async () => {
    const { at, watch } = opened;
    const { predict, label, findings, windows } = opened.endpoint("fall");
    for (let i = 0; i < 7; i++) {
      const { flights, labelled } = makeHour(i, { quality: 0.98 });
      await predict(start + i * hour, flights);
      // In the last hour, every flight from ORD turns out the other way.
      const turned = labelled.map(({ key, value }, k) => ({
        key: key!,
        value: i < 6 || k % 2 === 0 ? value : value === "yes" ? "no" : "yes",
      }));
      at(start + (i + 1) * hour);
      await label(turned);
    }
    at(start + 8 * hour);
    await watch.pass();
    const told = (await findings(6)).map(({ monitor, slice, column, metric, verdict }) =>
      [monitor, slice, column, metric, verdict].filter((word) => word !== null && word !== "").join(" "),
    );
    expect(told).toEqual(
      expect.arrayContaining([
        "performance.realised roc_auc fail",
        "performance.realised accuracy fail",
        "performance.realised value fail",
        "performance.group origin roc_auc fail",
        "performance.realised origin=ORD accuracy fail",
        "performance.custom long_haul pass",
        "performance.custom hit_rate fail",
        "performance.custom broken error",
      ]),
    );
    // What has to do with it is told from the rows on record: half of the flights, those from ORD.
    const fallen = (await findings(6)).find(({ monitor, slice }) => monitor === "performance.realised" && slice === "");
    expect(fallen?.message).toContain("where origin is ORD");
    expect(fallen?.details).toMatchObject({ moved: { features: [] } });
    const segment = expect.objectContaining({ column: "origin", value: "ORD", rows: 200, share: 0.5 });
    expect(fallen?.details).toMatchObject({ moved: { segments: [segment] } });
    const quiet = (await findings(5)).filter(
      ({ verdict, monitor }) => verdict === "fail" && monitor !== "performance.custom",
    );
    expect(quiet).toEqual([]);
    const ord = (await windows("origin=ORD")).at(-1);
    expect(ord).toMatchObject({ rows: 200, labelled: 200 });
    expect((await windows()).at(-1)?.custom["hit_rate"]?.value).toBeLessThan(0.6);
  });

  test("a label that does not come within the horizon means what the configuration says", async () => {
    const { at, watch } = opened;
    const { predict, label, windows } = opened.endpoint("horizon");
    const { flights, truth, labelled } = makeHour(3);
    await predict(start, flights);
    at(start + hour + 10_000);
    await label(labelled.filter(({ value }) => value === "yes"));
    await watch.pass();
    const late = truth.filter((value) => value === "yes").length;
    expect(await windows()).toMatchObject([{ labelled: late, state: "provisional" }]);
    at(start + 4 * hour);
    await watch.pass();
    const [due] = await windows();
    expect(due).toMatchObject({ labelled: 400, state: "final" });
    const right = truth.filter((value, i) => (value === "yes") === flights[i]!.score > 0.5).length;
    expect(due?.realised["accuracy"]?.value).toBeCloseTo(right / 400, 12);
  });

  test("a reference that is made later has windows estimated that are on record already", async () => {
    const { at, watch, performance, lake, setEstimator } = opened;
    const { predict, label, windows, findings } = opened.endpoint("later");
    const known = makeHour(20, { n: 2000 });
    const columns = new Map<string, Float64Array | string[]>([
      ["late", known.flights.map(({ score }) => (score > 0.5 ? "yes" : "no"))],
      ["late_p_no", Float64Array.from(known.flights, ({ score }) => 1 - score)],
      ["late_p_yes", Float64Array.from(known.flights, ({ score }) => score)],
    ]);
    const labelled = { outputs: outputsOf(flightSignature), inputs: [], columns, truth: known.truth, blocks: null };
    const estimator = fitEstimator(labelled, { positive: null, cost: null })!;
    const good = makeHour(21);
    // The model has become less sure, so that less of it can be right.
    const unsure = makeHour(22, { quality: 0.1 });
    await predict(start, good.flights);
    await predict(start + hour, unsure.flights);
    await lake.flush();
    at(start + 3 * hour + 10_000);
    await performance.sync();
    const without = async () =>
      expect((await windows()).map(({ estimated }) => Object.keys(estimated))).toEqual([[], []]);
    await vi.waitFor(without, { timeout: 30_000 });
    setEstimator("later", estimator);
    // No window has ended since, and no file is new.
    at(start + 3 * hour + 70_000);
    await performance.sync();
    const isEstimated = async () =>
      expect((await windows()).map(({ estimated }) => "accuracy" in estimated)).toEqual([true, true]);
    await vi.waitFor(isEstimated, { timeout: 30_000 });
    await watch.pass();
    const verdicts = async (window: number) =>
      (await findings(window))
        .filter(({ monitor }) => monitor === "performance.estimated")
        .map(({ metric, verdict, severity }) => [metric, verdict, severity]);
    expect(await verdicts(0)).toEqual([
      ["roc_auc", "pass", "warning"],
      ["accuracy", "pass", "warning"],
    ]);
    expect(await verdicts(1)).toEqual([
      ["roc_auc", "fail", "warning"],
      ["accuracy", "fail", "warning"],
    ]);
    // Labels decide: the estimate steps back and says how good it was.
    await label(unsure.labelled);
    await watch.pass();
    const [auc] = (await findings(1)).filter(({ monitor }) => monitor === "performance.estimated");
    expect(auc).toMatchObject({ verdict: "pass", severity: "info", details: { error: expect.any(Number) } });
    const realised = (await findings(1)).find(({ monitor }) => monitor === "performance.realised");
    expect(realised).toMatchObject({ verdict: "fail", severity: "critical", provisional: false, metric: "roc_auc" });
    const about = { watched: { endpoint: "later", model: "later", version: 2 }, settings: toMonitorSettings({})! };
    const course = await performance.points({ ...about, slice: "", limit: 10, now: start + 4 * hour });
    expect(course).toMatchObject({ problem: "binary", estimatorWindows: 1 });
    expect(course.points.map(({ kind, metric, verdict }) => `${kind} ${metric} ${verdict}`)).toEqual([
      "realised roc_auc insufficient",
      "estimated roc_auc pass",
      "realised accuracy insufficient",
      "estimated accuracy pass",
      "realised roc_auc fail",
      "estimated roc_auc pass",
      "realised accuracy fail",
      "estimated accuracy pass",
    ]);
  });
});
