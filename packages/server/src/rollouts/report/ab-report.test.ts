import { afterAll, describe, expect, test } from "vitest";
import { half, openAbTest, simulate } from "./testing/open-ab-test.ts";

const lab = await openAbTest();
afterAll(() => lab.close());

const brier = { kind: "label", name: "brier" } as const;

describe("an A/B report over simulated users", () => {
  test("says nothing where there is nothing to say", { timeout: 120_000 }, async () => {
    const revision = lab.divide("same", { arms: half });
    await lab.answer("same", revision, simulate({ users: 3000, seed: 1 }));
    const report = await lab.report("same");
    expect(report).toMatchObject({ unit: "user", running: true, problems: [], mixedUnits: 0, rowsWithoutUnit: 0 });
    expect(report.arms.map(({ arm, version }) => [arm, version])).toEqual([
      ["champion", 1],
      ["challenger", 2],
    ]);
    expect(report.arms.reduce((sum, { units }) => sum + units, 0)).toBe(3000);
    expect(report.metrics.map(({ metric }) => metric)).toEqual(["errors", "brier"]);
    const outcomes = report.metrics.flatMap(({ comparisons }) => comparisons.map(({ outcome }) => outcome));
    expect(outcomes).toEqual(["undecided", "undecided"]);
    expect(report.summary).toMatch(/is not told apart in errors and brier/);
  });

  test("finds an effect, the size of which is in its interval", { timeout: 120_000 }, async () => {
    const revision = lab.divide("worse", { arms: half });
    const rows = simulate({ users: 3000, seed: 2, worse: 0.25 });
    await lab.answer("worse", revision, rows);
    const loss = rows.map(({ score, truth }) => (score - Number(truth === "yes")) ** 2);
    const meanOf = (arm: string) => {
      const own = loss.filter((_, i) => rows[i]?.arm === arm);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    const log = { kind: "label", name: "log_loss" } as const;
    const squared = { kind: "label", name: "squared_error" } as const;
    const { metrics, summary } = await lab.report("worse", { metrics: [brier, log, squared] });
    const [comparison] = metrics[0]?.comparisons ?? [];
    expect(metrics[0]?.means.map(({ mean }) => mean)).toEqual([
      expect.closeTo(meanOf("champion"), 5),
      expect.closeTo(meanOf("challenger"), 5),
    ]);
    expect(comparison?.estimate).toBeCloseTo(meanOf("challenger") - meanOf("champion"), 5);
    expect(metrics.map(({ comparisons }) => comparisons[0]?.outcome)).toEqual(["worse", "worse", "error"]);
    expect(comparison?.interval?.[0]).toBeGreaterThan(0);
    expect(comparison?.message).toMatch(/challenger is worse/);
    expect(summary).toMatch(
      /version 2 \(challenger\) is worse in brier and log_loss and could not be measured in squared_error/,
    );
    // What each metric may spend, so that the report as a whole is wrong once in twenty at most.
    expect(metrics[0]?.alpha).toBeCloseTo(0.05 / 3, 10);
  });

  test("a metric in SQL counts users without a row as 0, a ratio leaves them out", { timeout: 120_000 }, async () => {
    const total = {
      kind: "sql",
      name: "wins",
      sql: "SELECT unit, 1 AS value FROM predictions JOIN labels USING (id, row) WHERE value = 'yes'",
    } as const;
    const ratio = {
      kind: "sql",
      name: "share",
      sql: "SELECT unit, (value = 'yes')::INT AS value, 1 AS count FROM predictions JOIN labels USING (id, row)",
    } as const;
    const wrong = { kind: "sql", name: "broken", sql: "SELECT 1 AS x" } as const;
    const thief = {
      kind: "sql",
      name: "thief",
      sql: "SELECT content AS unit, 1 AS value FROM read_text('/etc/passwd')",
    } as const;
    const report = await lab.report("worse", {
      metrics: [total, ratio, wrong, thief],
      higher: new Set(["wins", "share"]),
    });
    const [wins, share, broken, stolen] = report.metrics;
    expect(wins?.means.map(({ n, units }) => n === units)).toEqual([true, true]);
    expect(wins?.means.reduce((sum, { units }) => sum + units, 0)).toBe(3000);
    // Users have three requests on average, half of which come true.
    expect(wins?.means[0]?.mean).toBeCloseTo(1.5, 0);
    expect(share?.means[0]?.mean).toBeCloseTo(0.5, 1);
    expect(share?.means.reduce((sum, { n }) => sum + n, 0)).toBeGreaterThan(8000);
    expect(broken?.comparisons[0]).toMatchObject({ outcome: "error" });
    expect(broken?.comparisons[0]?.message).toContain("It must have unit and value");
    expect(stolen?.comparisons[0]).toMatchObject({ outcome: "error" });
  });

  test("a mismatch of the sample ratio puts everything in doubt", { timeout: 120_000 }, async () => {
    const revision = lab.divide("lost", { arms: half });
    const rows = simulate({ users: 3000, seed: 3 });
    // One in three of the challenger's users never gets through.
    await lab.answer(
      "lost",
      revision,
      rows.filter(({ user, arm }) => arm === "champion" || Number(user.slice(2)) % 3 > 0),
    );
    const { problems, summary, sampleRatioP } = await lab.report("lost", { metrics: [brier] });
    expect(problems.map(({ kind }) => kind)).toEqual(["sample_ratio"]);
    expect(sampleRatioP).toBeLessThan(0.001);
    expect(summary).toMatch(/^Do not trust this/);
  });

  test("users that met two arms are counted and not compared", { timeout: 120_000 }, async () => {
    const revision = lab.divide("mixed", { arms: half });
    const rows = simulate({ users: 1000, seed: 4 });
    const other = (arm: string) => (arm === "champion" ? "challenger" : "champion");
    const moved = rows.filter(({ user }) => Number(user.slice(2)) < 50);
    await lab.answer("mixed", revision, [
      ...rows,
      ...moved.map((row) => ({ ...row, key: `${row.key}/again`, arm: other(row.arm) })),
    ]);
    const { problems, mixedUnits, arms } = await lab.report("mixed", { metrics: [brier] });
    expect(mixedUnits).toBe(50);
    expect(arms.reduce((sum, { units }) => sum + units, 0)).toBe(950);
    expect(problems.map(({ kind }) => kind)).toEqual(["mixed_units"]);
  });

  test("labels that come for one arm more often are told", { timeout: 120_000 }, async () => {
    const revision = lab.divide("late", { arms: half });
    const rows = simulate({ users: 2000, seed: 5 });
    const isKept = (key: string) => Number(key.split(/[-/]/)[1]) % 3 > 0;
    await lab.answer(
      "late",
      revision,
      rows.map((row) => (row.arm === "challenger" && !isKept(row.key) ? { ...row, truth: null } : row)),
    );
    const { problems } = await lab.report("late", { metrics: [brier] });
    expect(problems.map(({ kind }) => kind)).toEqual(["label_share"]);
  });

  test("is of the last split alone, and says so where there was none or its unit is not on record", async () => {
    const whole = await lab.report("nothing").catch((error: unknown) => error);
    expect(whole).toMatchObject({ code: "precondition_failed" });
    const revision = lab.divide("header", { arms: half, unit: "header:Session" });
    await lab.answer("header", revision, simulate({ users: 20, seed: 6 }));
    const unknown = await lab.report("header");
    expect(unknown.problems).toMatchObject([{ kind: "without_unit", message: expect.stringContaining("log.fields") }]);
    expect((await lab.report("header", { unit: "user" })).arms.reduce((sum, { units }) => sum + units, 0)).toBe(20);
    lab.divide("mixed", { arms: half, seed: "another" });
    const anew = await lab.report("mixed", { metrics: [brier] });
    expect(anew.arms.map(({ units }) => units)).toEqual([0, 0]);
    expect(anew.metrics[0]?.comparisons[0]).toMatchObject({ outcome: "no_data" });
    lab.divide("mixed", { arms: [] });
    expect((await lab.report("mixed", { metrics: [brier] })).running).toBe(false);
  });
});
