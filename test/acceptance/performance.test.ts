import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import type { MonitorSeries } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { afterAll, describe, expect, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { useServer } from "../lib/server.ts";
import { testData } from "../lib/test-data.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-performance-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const [reference, analysis, target] = ["reference", "analysis", "target"].map((name) =>
  testData(`census-ma/${name}.parquet`),
);

/** Five windows of 2016, then the border of 2017 and 2018: an hour is 5,000 people. The reference is 2015. */
async function writeFiles(): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
  const connection = await instance.connect();
  const answers = "prediction::varchar as y_pred, predicted_probability as y_pred_proba";
  const place = "id::bigint - 68785";
  await connection.run(`copy (select * exclude (employed, year, id, prediction, predicted_probability), ${answers}, employed as label
    from '${reference}') to '${folder}/reference.parquet' (format parquet)`);
  await connection.run(`copy (select * exclude (id, year, prediction, predicted_probability), ${answers}, id::varchar as key,
      timestamp '2026-03-01' + to_milliseconds((${place}) * 720) as predicted_at from '${analysis}'
    where (${place}) // 5000 in (0, 1, 2, 3, 4, 26, 27, 28, 29)) to '${folder}/analysis.parquet' (format parquet)`);
  await connection.run(`copy (select id::varchar as key, employed as value from '${target}')
    to '${folder}/target.parquet' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
}

const areas = ({ performance }: MonitorSeries, kind: "realised" | "estimated") =>
  performance.filter((point) => point.metric === "roc_auc" && point.kind === kind);

// A minute of two cores; a whole run of the tests looks at the same census without a server.
describe.skipIf(reference === null || process.env["MODE"] !== "all")("the census", { timeout: 240_000 }, () => {
  const server = useServer({ args: ["--lake-interval", "2s"] });

  test("a fall is estimated before labels, told by them when they come, and lies where it lies", async () => {
    await writeFiles();
    const { monitoring } = createClient({ url: server.url });
    const cli = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runCli(args, { url: server.url, timeoutMs: 120_000 });
      expect(code, stderr).toBe(0);
      return stdout;
    };
    const files = [join(folder, "analysis.parquet"), "--reference", join(folder, "reference.parquet")];
    await cli("predictions", "import", "census", ...files);
    const patience = { timeout: 120_000, interval: 500 };
    await vi.waitFor(
      async () => expect(areas(await monitoring.series("census"), "estimated")).toHaveLength(9),
      patience,
    );
    const estimated = areas(await monitoring.series("census"), "estimated");
    expect(estimated.map(({ verdict }) => verdict)).toEqual([...Array(6).fill("pass"), "fail", "fail", "pass"]);
    expect(areas(await monitoring.series("census"), "realised").map(({ verdict }) => verdict)).toEqual(
      Array(9).fill("insufficient"),
    );

    await cli("label", "census", "--file", join(folder, "target.parquet"));
    const isFinal = async () => {
      const realised = areas(await monitoring.series("census"), "realised");
      expect(realised.every(({ provisional, rows }) => !provisional && rows === 5000)).toBe(true);
    };
    await vi.waitFor(isFinal, patience);
    const realised = areas(await monitoring.series("census"), "realised");
    expect(realised.map(({ verdict }) => verdict)).toEqual([...Array(6).fill("pass"), "fail", "fail", "pass"]);
    // Published for this data.
    expect(realised.slice(6, 8).map(({ value }) => value)).toEqual([
      expect.closeTo(0.8035, 4),
      expect.closeTo(0.8642, 4),
    ]);
    const view = await monitoring.get("census");
    expect(view.performance).toMatchObject({ problem: "binary", estimator_windows: 9 });
    expect(view.performance.estimator_error).toBeLessThan(0.01);
  });
});
