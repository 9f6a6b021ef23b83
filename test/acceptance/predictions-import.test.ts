import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PredictionImportRequest, PredictionImportResult } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { afterAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy, upload } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { smallModel } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-predictions-import-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Row {
  readonly day: number;
  readonly truth?: string;
}

/** One prediction a line; the first day is 1 March 2025. */
function toCsv(rows: readonly Row[]): string {
  const lines = rows.map(({ day, truth = "" }, i) => {
    const at = new Date(Date.UTC(2025, 2, day, 8, 0, i)).toISOString();
    const [age, town] = [20 + (i % 50), i % 3 === 0 ? "" : ["Rome", "Oslo", "Lima"][i % 3]];
    return [at, `c-${i}`, age, town, i % 4 === 0 ? 1 : 0, (i % 10) / 10, truth].join(",");
  });
  return ["scored_at,customer,age,town,churned,score,left", ...lines, ""].join("\n");
}

const columns = { time: "scored_at", key: "customer", outputs: ["churned"], probability: "score" };
const labelled = { columns: { ...columns, label: "left" } };
const rows = (count: number, truth: (i: number) => string = () => ""): Row[] =>
  Array.from({ length: count }, (_, i) => ({ day: 1 + Math.floor(i / 10), truth: truth(i) }));

describe("predictions of a model that is served elsewhere", { timeout: 120_000 }, () => {
  const server = useServer();
  const client = () => createClient({ url: server.url });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const importFile = async (name: string, file: string, options: Partial<PredictionImportRequest> = {}) => {
    const format = file.endsWith(".csv") ? "csv" : "jsonl";
    const sha256 = await upload(client(), readFileSync(file));
    const operation = await client().predictions.import(name, { sha256, format, ...options });
    const { result } = await client().operations.wait(operation.id);
    return result as unknown as PredictionImportResult;
  };
  const cli = (...args: readonly string[]) => runCli(args, { url: server.url, timeoutMs: 60_000 });
  const query = async (name: string, sql: string) => (await client().predictions.query(name, { sql })).rows;
  const summary =
    "select count(*) as n, count(distinct id) as ids, min(version) as low, max(version) as high from predictions";

  test("go on record with their own times, and make model, version and endpoint", async () => {
    const named = ["--time-column", "scored_at", "--key-column", "customer", "--output-column", "churned"];
    const more = ["--probability-column", "score", "--label-column", "left", "--json"];
    const told = await cli("predictions", "import", "churn", write("first.csv", toCsv(rows(60))), ...named, ...more);
    expect(JSON.parse(told.stdout)).toMatchObject({
      endpoint: "churn",
      model: "churn",
      version: 1,
      created: true,
      rows: 60,
      stored: 60,
      duplicates: 0,
      labels: 0,
      from: "2025-03-01T08:00:00.000Z",
      to: "2025-03-06T08:00:59.000Z",
      columns: {
        time: "scored_at",
        key: "customer",
        label: "left",
        inputs: ["age", "town"],
        outputs: ["churned", "score"],
      },
    });
    expect(await client().versions.get("churn", 1)).toMatchObject({
      state: "external",
      digest: null,
      signature: {
        inputs: [
          { name: "age", datatype: "FP64" },
          { name: "town", datatype: "BYTES" },
        ],
      },
    });
    const { items } = await client().predictions.list("churn", { limit: 2 });
    expect(items[0]).toMatchObject({
      at: "2025-03-06T08:00:59.000Z",
      key: "c-59",
      face: "import",
      version: 1,
      inputs: { age: 29, town: "Lima" },
      outputs: { churned: "0", score: 0.9 },
    });
    // By its id alone: the segment that holds it is found by the time of its rows.
    expect(await client().predictions.get(items[1]!.id)).toMatchObject({ key: "c-58" });
    const since = { since: "2025-03-03T00:00:00Z", until: "2025-03-04T00:00:00Z" };
    expect((await client().predictions.list("churn", since)).items).toHaveLength(10);
    expect(await query("churn", "select count(*) filter (town is null) as n from predictions")).toEqual([{ n: 20 }]);
  });

  test("are not doubled by the same file, and a file that has grown adds what is new, with labels for both", async () => {
    const again = await importFile("churn", join(folder, "first.csv"), labelled);
    expect(again).toMatchObject({ version: 1, created: false, rows: 60, stored: 0, duplicates: 60, labels: 0 });
    const grown = write("grown.csv", toCsv(rows(80, (i) => (i < 40 ? String(i % 2) : ""))));
    const more = await importFile("churn", grown, labelled);
    expect(more).toMatchObject({ version: 1, rows: 80, stored: 20, duplicates: 60, labels: 40 });
    expect(await importFile("churn", grown, labelled)).toMatchObject({ stored: 0, labels: 0 });
    expect(await query("churn", summary)).toEqual([{ n: 80, ids: 80, low: 1, high: 1 }]);
    expect(await client().labels.summary("churn")).toMatchObject({ labels: 40, predictions_labelled: 40, unknown: 0 });
  });

  test("survive a kill and a restart, exactly once", async () => {
    await server.kill9();
    await server.restart();
    expect(await query("churn", summary)).toEqual([{ n: 80, ids: 80, low: 1, high: 1 }]);
    expect(await importFile("churn", join(folder, "grown.csv"), labelled)).toMatchObject({ stored: 0 });
  });

  test("that are equal are told apart by their number, and other columns make another version", async () => {
    const twins = write("twins.jsonl", `${JSON.stringify({ time: 1740816000, x: 1, prediction: 2.5 })}\n`.repeat(3));
    expect(await importFile("prices", twins)).toMatchObject({ version: 1, stored: 3 });
    expect(await importFile("prices", twins)).toMatchObject({ version: 1, stored: 0, duplicates: 3 });
    const reference = { sha256: await upload(client(), readFileSync(twins)), format: "jsonl" } as const;
    await expect(importFile("prices", twins, { reference })).rejects.toMatchObject({ code: "conflict" });
    const wider = write("wider.jsonl", `${JSON.stringify({ x: 1, y: "a", prediction: 2.5 })}\n`.repeat(4));
    const spread = { from: "2025-03-02T00:00:00Z", to: "2025-03-03T00:00:00Z" };
    expect(await importFile("prices", wider, spread)).toMatchObject({
      version: 2,
      created: true,
      stored: 4,
      from: "2025-03-02T00:00:00.000Z",
      to: "2025-03-02T18:00:00.000Z",
    });
    expect(await query("prices", summary)).toEqual([{ n: 7, ids: 7, low: 1, high: 2 }]);
  });

  test("that are wrong are refused as a whole, with their lines, and make nothing; --skip-bad leaves them out", async () => {
    const bad = write(
      "bad.csv",
      "time,x,prediction,probability\n2025-03-01,1,a,0.5\nsoon,1,a,0.5\n2025-03-01,1,,0.5\n2999-01-01,1,a,0.5\n2025-03-01,2,a,1.5\n",
    );
    const refused = await cli("predictions", "import", "bad", bad);
    expect(refused.stderr).toMatch(/4 rows are wrong, so nothing was imported.*line 3: "soon" is not a time/s);
    expect(refused.stderr).toMatch(
      /line 4: it has no prediction.*line 5: .* is in the future.*line 6: 1\.5 in probability is no probability/s,
    );
    expect((await fetchJson(`${server.url}/api/v1/endpoints/bad`)).status).toBe(404);
    expect(await importFile("bad", bad, { skip_bad: true })).toMatchObject({ rows: 5, stored: 1, skipped: 4 });
    const timeless = await runCli(["predictions", "import", "bad", write("x.csv", "x,prediction\n1,2\n")], {
      url: server.url,
    });
    expect(timeless.stderr).toMatch(/no column of times.*--from and --to/);
  });

  test("stand beside a version that is deployed: it answers, theirs cannot be served", async () => {
    const served = await fetchJson(`${server.url}/api/v1/endpoints/churn/predict`, { json: { age: 1 } });
    expect(served.status).toBeGreaterThanOrEqual(400);
    const promoted = await runCli(["promote", "churn@1"], { url: server.url });
    expect(promoted.stderr).toMatch(/churn@1 is served elsewhere/);
    await deploy(server.url, smallModel("matrix"), { name: "churn" });
    const answer = await fetchJson(`${server.url}/api/v1/endpoints/churn/predict`, { json: { X: [1, 2, 3, 4] } });
    expect(answer.status).toBe(200);
    const other = write("other.jsonl", `${JSON.stringify({ time: 1740816000, a: 1, prediction: 2.5 })}\n`);
    await expect(importFile("churn", other)).rejects.toMatchObject({ code: "conflict" });
    const grown = write("later.csv", toCsv(rows(90)));
    expect(await importFile("churn", grown, { columns: { ...columns, ignore: ["left"] } })).toMatchObject({
      version: 1,
      stored: 10,
    });
    expect(await query("churn", summary)).toEqual([{ n: 91, ids: 91, low: 1, high: 2 }]);
  });
});
