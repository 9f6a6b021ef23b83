import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, describe, expect, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-drift-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rows = 300;

/** Hours of rides; the share of late ones has a level of its own in each hour, and is `percent` from one on, in one town or all. */
function toCsv(hours: readonly number[], toShare: (share: number, hour: number, town: string) => number): string {
  const lines = hours.flatMap((hour) =>
    Array.from({ length: rows }, (_, i) => {
      const at = new Date(Date.UTC(2026, 2, 1, hour, 0, i * 10)).toISOString();
      const town = ["Rome", "Oslo", "Lima"][i % 3]!;
      // Whole numbers that look like chance.
      const noise = ((i * 7919 + hour * 104_729) % 1000) / 1000;
      const late = Math.min(1, 0.2 + 0.1 * Math.sin(hour * 2.4) + 0.4 * noise);
      return [
        at,
        town,
        toShare(late, hour, town).toFixed(4),
        ((i * 31 + hour * 17) % 90) + 1,
        noise > 0.5 ? 1 : 0,
      ].join(",");
    }),
  );
  return ["predicted_at,town,late_share,minutes,cancelled", ...lines, ""].join("\n");
}

const hours = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("drift", { timeout: 180_000 }, () => {
  const server = useServer({ args: ["--lake-interval", "2s"] });

  test("an input that is sent as percent is named, in the slice that sends it; what goes up and down each hour is not", async () => {
    const { monitoring, endpoints } = createClient({ url: server.url });
    const write = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const told = write(
      "reference.csv",
      toCsv(hours(0, 72), (share) => share),
    );
    const sent = (share: number, hour: number, town: string) => (hour >= 103 && town === "Oslo" ? 100 * share : share);
    const importHours = async (from: number, to: number, ...options: readonly string[]) => {
      const file = write(`${from}.csv`, toCsv(hours(from, to), sent));
      const args = ["predictions", "import", "rides", file, "--output-column", "cancelled", ...options];
      const { code, stderr } = await runCli(args, { url: server.url });
      expect(code, stderr).toBe(0);
    };
    await importHours(99, 100, "--reference", told);
    await endpoints.apply("rides", {
      slipway: 1,
      name: "rides",
      monitor: { slices: [{ column: "town", values: ["Rome", "Oslo"] }] },
    });
    await importHours(100, 106);

    const view = (hour: number, slice = "") =>
      monitoring.get("rides", { at: new Date(Date.UTC(2026, 2, 1, hour)).toISOString(), slice });
    const isJudged = async () => {
      const { reference, slices, findings } = await view(105);
      expect(reference).toMatchObject({ source: "training", blocks: 72 });
      expect(slices.map(({ name, verdict }) => `${name} ${verdict}`)).toContain("town=Oslo fail");
      expect(findings.map(({ monitor }) => monitor)).toContain("drift.multivariate");
    };
    await vi.waitFor(isJudged, { timeout: 120_000, interval: 500 });
    const failed = async (hour: number, slice = "") =>
      (await view(hour, slice)).columns.flatMap(({ name, findings }) =>
        findings.filter(({ verdict }) => verdict === "fail").map(({ monitor }) => `${monitor} ${name}`),
      );
    for (const hour of [100, 101, 102]) expect(await failed(hour)).toEqual([]);
    for (const hour of [103, 104, 105])
      expect(await failed(hour)).toEqual(["drift.input late_share", "quality.range late_share"]);
    expect(await failed(105, "town=Oslo")).toEqual(["drift.input late_share", "quality.range late_share"]);
    expect(await failed(105, "town=Rome")).toEqual([]);
  });
});
