import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { runCommand } from "../testing/context.ts";
import { createEmptyExample, createMonitorExample } from "../testing/monitor-example.ts";
import { testMonitor } from "./monitor-test.ts";
import { monitorReference } from "./monitor-reference.ts";
import { showMonitor } from "./monitor.ts";
import { report } from "./report.ts";

const { view, series } = createMonitorExample();
const path = "GET /api/v1/endpoints/flight-delay/monitor";
const answers = { [path]: view, [`${path}/series`]: series };
const args = ["flight-delay"];

test("the table names what drifted, with its figures and both histograms", async () => {
  const { out, code } = await runCommand(showMonitor, { args, answers });
  expect(code).toBe(0);
  const lines = out.split("\n");
  expect(out).toContain("endpoint     flight-delay@2\nwindow       2026-11-22 09:00 to 10:00 UTC (1 h, 15 min ago)\n");
  expect(out).toContain("verdict      2 of 7 columns: origin_late_3h, late_p_late\n");
  expect(out).toMatch(
    /performance {2}roc_auc 0\.\d+ \(0\.\d+ to 0\.\d+\), FELL, from the labels of 40 %, provisional; expected at least 0\.66\n/,
  );
  expect(out).toContain(
    "incidents    critical: origin_late_3h is out of range in 94 % of the rows (slipway incidents show 01931c3e",
  );
  const at = lines.findIndex((line) => line.startsWith("FEATURE"));
  expect(lines[at]).toMatch(/^FEATURE +DRIFT +BOUND +P +EFFECT +WINDOW +VERDICT +REFERENCE +NOW$/);
  expect(lines[at + 1]).toMatch(
    /^origin_late_3h +0\.93 +0\.08 +<1e-12 +0\.97 +·····✗✗✗ +drifted, out of range +[▁▂▃▄▅▆▇█]+ .* █$/,
  );
  expect(lines[at + 6]).toMatch(/^weekday +- +- +- +- +◌·◌◌·◌◌◌ +too few rows +- +-$/);
  expect(out).toContain("✗ origin_late_3h is out of range (0 to 1) in 94 % of the rows");
});

test("a slice, a window and a version are asked for", async () => {
  const asked = `${path}?version=2&slice=origin%3DORD&at=24h`;
  const options = { slice: "origin=ORD", window: "24h" };
  const { code } = await runCommand(showMonitor, { args: ["flight-delay@2"], options, answers: { [asked]: view } });
  expect(code).toBe(0);
});

test("--failed leaves the rest out, --check tells a pipeline", async () => {
  const options = { failed: true, check: true };
  const { out, code } = await runCommand(showMonitor, { args, options, answers, settings: { format: "csv" } });
  expect(code).toBe(1);
  const [heading, ...rows] = out.trimEnd().split("\n");
  expect(heading).toBe("feature,drift,bound,p,effect,window,verdict,reference,now");
  expect(rows.map((row) => row.split(",").slice(0, 6).join(","))).toEqual([
    "origin_late_3h,0.93,0.08,0,0.97,2026-11-22T09:00:00.000Z",
    "late_p_late,0.41,0.09,2.2e-40,0.55,2026-11-22T09:00:00.000Z",
  ]);
});

test("JSON is what the server said", async () => {
  const { out } = await runCommand(showMonitor, { args, answers, settings: { format: "json" } });
  expect(JSON.parse(out)).toEqual(JSON.parse(JSON.stringify(view)));
});

test("where nothing was judged yet, that is said, and what to look at", async () => {
  const { view: empty } = createEmptyExample();
  const { out, err } = await runCommand(showMonitor, { args, answers: { [path]: empty } });
  expect(out).toContain("window    none with predictions is over yet; one is 1 h\n");
  expect(out).toContain(
    "verdict   nothing was judged yet\nnote      No window with predictions is over yet: the present one ends at",
  );
  expect(err).toContain("slipway monitor reference flight-delay");
});

test("the reference of a version is shown with what it is from", async () => {
  const { endpoint, model, version, reference, columns } = view;
  const answer = { endpoint, model, version, reference, columns, notes: [] };
  const metrics = [{ metric: "roc_auc", value: 0.742, spread: 0.011 }];
  const answers = { [`${path}/reference`]: { ...answer, metrics } };
  const { out } = await runCommand(monitorReference, { args, answers });
  expect(out).toContain(
    "reference    20,000 rows of the training sample, thresholds from 89 days\nrows of      2001-01-01 to 2001-03-31\n",
  );
  expect(out).toContain("labels       late\nperformance  roc_auc 0.742, give or take 0.011\n");
  expect(out).toMatch(/^origin_late_3h +input +61 % +2\.1 % +0\.19 +0\.13 +0 +0\.17 +1 +- +[▁▂▃▄▅▆▇█ ]+$/m);
});

test("a test on demand is told with the least likely first", async () => {
  const column = {
    role: "input",
    kind: "number",
    test: "ks",
    jensen_shannon: 0.1,
    psi: 0.02,
    rows: 1243,
    reference_rows: 20_000,
  };
  const evidently = { test: "wasserstein", score: 0.513, drifted: true };
  const columns = [
    { ...column, name: "hour", statistic: 0.05, p: 0.04, p_adjusted: 0.08, effect: 0.05, evidently: null },
    { ...column, name: "origin_late_3h", statistic: 0.94, p: 0, p_adjusted: 0, effect: 62.8, evidently },
  ];
  const { endpoint, model, version } = view;
  const span = { from: "2026-11-22T09:00:00.000Z", to: "2026-11-22T10:00:00.000Z" };
  const result = { endpoint, model, version, ...span, rows: 2486, tested: 1243, reference_rows: 20_000, columns };
  const { out } = await runCommand(testMonitor, {
    args,
    answers: { [`POST /api/v1/endpoints/flight-delay/monitor/test`]: result },
  });
  expect(out).toContain("rows      2,486 predictions, 1,243 of them drawn, against 20,000 of the reference\n");
  const rows = out.split("\n").slice(-3, -1);
  expect(rows[0]).toMatch(/^origin_late_3h +ks +0\.94 +<1e-12 +62\.8 +0\.1 +0\.02 +1243 +wasserstein 0\.513, drifted$/);
  expect(rows[1]).toMatch(/^hour +ks +0\.05 +0\.08 +0\.05 .* -$/);
});

test("a report is one file", async () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-report-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const out = join(folder, "report.html");
  const ran = await runCommand(report, { args, options: { out }, answers });
  expect(ran.out).toMatch(/report\.html \(\d+(\.\d)? KB\): open it in a browser\.\n$/);
  expect(readFileSync(out, "utf8")).toContain("origin_late_3h");
  await expect(runCommand(report, { args, options: { out: join(folder, "no/x") }, answers })).rejects.toThrow(/--out/);
});
