import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { toReport } from "../../packages/cli/src/report/to-report.ts";
import { createMonitorExample } from "../../packages/cli/src/testing/monitor-example.ts";
import { openBrowser } from "./browser.ts";

test(
  "a report is read from a file, in light and dark, without a script or another host",
  { timeout: 90_000 },
  async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-report-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "report.html");
    writeFileSync(file, toReport({ ...createMonitorExample(), madeAt: "2026-11-22T10:03:00.000Z" }));

    const { page, errors, hosts, picture } = await openBrowser(context);
    await page.goto(pathToFileURL(file).href);
    await page.getByRole("heading", { name: "flight-delay version 2" }).waitFor();
    await page.getByText("2 of 7 columns: origin_late_3h, late_p_late").waitFor();
    const column = (name: string) => page.locator("details.column", { hasText: name }).first();
    const inside = (name: string) => column(name).locator(".inside");
    // What failed is open already; the rest opens by a click.
    expect(await inside("origin_late_3h").isVisible()).toBe(true);
    expect(await inside("distance").isVisible()).toBe(false);
    await column("distance").locator("summary").click();
    expect(await inside("distance").isVisible()).toBe(true);
    for (const name of ["roc_auc", "predictions", "latency p99, ms"])
      expect(await page.getByRole("img", { name }).first().isVisible()).toBe(true);
    expect(await page.locator("body").evaluate((body) => body.scrollWidth <= window.innerWidth)).toBe(true);
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(statSync(await picture("report")).size).toBeGreaterThan(40_000);

    const light = await background();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await background()).not.toBe(light);
    await picture("report-dark");
    await page.setViewportSize({ width: 400, height: 800 });
    expect(await page.locator("body").evaluate((body) => body.scrollWidth <= window.innerWidth)).toBe(true);
    await picture("report-narrow");
    expect(errors).toEqual([]);
    expect([...hosts].filter((host) => host !== "")).toEqual([]);
  },
);
