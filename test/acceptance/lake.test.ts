import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--lake-interval", "0s"] });
const folder = mkdtempSync(join(tmpdir(), "slipway-lake-"));
const { origin_late_3h: _, ...record } = flight;

beforeAll(async () => {
  await deploy(server.url, flights.v1);
  await deploy(server.url, flights.v1, { endpoint: "secret" });
  const records = Array.from({ length: 50 }, (_, i) => ({ ...record, distance: i }));
  await predict("flight-delay", records);
  await predict("secret", { ...record, origin: "ORD" });
}, 120_000);

async function predict(endpoint: string, json: unknown): Promise<string> {
  const { status, body } = await fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predict`, { json });
  expect(status).toBe(200);
  return body.id;
}

const ask = (json: object, endpoint = "flight-delay") =>
  fetchJson(`${server.url}/api/v1/endpoints/${endpoint}/predictions/query`, { json });
const sql = (text: string) => ask({ sql: text });

describe("SQL over predictions", () => {
  test("sees what was answered a moment ago, with inputs and outputs as columns", async () => {
    const id = await predict("flight-delay", { ...record, origin: "SFO" });
    const { body } = await sql(
      "SELECT prediction, origin, distance, late, late_p_late FROM predictions WHERE origin = 'SFO'",
    );
    expect(body).toEqual({
      columns: [
        { name: "prediction", type: "VARCHAR" },
        { name: "origin", type: "VARCHAR" },
        { name: "distance", type: "FLOAT" },
        { name: "late", type: "VARCHAR" },
        { name: "late_p_late", type: "FLOAT" },
      ],
      rows: [
        {
          prediction: id,
          origin: "SFO",
          distance: 760,
          late: expect.stringMatching(/^(late|on_time)$/),
          late_p_late: expect.any(Number),
        },
      ],
      truncated: false,
    });
    const joined = await sql("SELECT count(*) AS n FROM predictions LEFT JOIN labels USING (id, row)");
    expect(joined.body.rows[0].n).toBeGreaterThan(50);
    const described = await sql("DESCRIBE predictions");
    expect(described.body.rows.map((row: { column_name: string }) => row.column_name)).toContain("distance");
    expect((await sql("SUMMARIZE predictions")).status).toBe(200);
    expect((await sql("FROM predictions SELECT count(*)")).status).toBe(200);
  });

  test("says where it was cut, and what is wrong with a query", async () => {
    const cut = await ask({ sql: "SELECT distance FROM predictions ORDER BY distance", limit: 3 });
    expect(cut.body).toMatchObject({ rows: [{ distance: 0 }, { distance: 1 }, { distance: 2 }], truncated: true });
    const wrong = await sql("SELECT distanse FROM predictions");
    expect(wrong).toMatchObject({ status: 400, body: { code: "invalid_query" } });
    expect(wrong.body.detail).toMatch(/distance[\s\S]*DESCRIBE predictions/);
    expect(wrong.body.detail).not.toContain(server.data);
    expect(await ask({ sql: "SELECT 1" }, "nothing")).toMatchObject({ body: { code: "endpoint_not_found" } });
    expect(await ask({ sql: "SELECT 1", format: "xml" })).toMatchObject({ body: { code: "invalid_request" } });
  });

  test("is stopped when its time is over, and others are answered", async () => {
    const endless = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range + b.range = 3";
    const [late, well] = await Promise.all([ask({ sql: endless, timeout_ms: 300 }), sql("SELECT 1 AS one")]);
    expect(late).toMatchObject({ status: 504, body: { code: "deadline_exceeded" } });
    expect(well.body.rows).toEqual([{ one: 1 }]);
    expect((await sql("SELECT 1 AS one")).body.rows).toEqual([{ one: 1 }]);
  });

  test("that asks for too much memory hurts nobody else", async () => {
    const huge = await ask({ sql: "SELECT list(a.range) FROM range(2000000000) a", timeout_ms: 60_000 });
    expect(["invalid_query", "deadline_exceeded"]).toContain(huge.body.code);
    expect((await sql("SELECT 1 AS one")).body.rows).toEqual([{ one: 1 }]);
    expect((await fetchJson(`${server.url}/health/ready`)).status).toBe(200);
  });
});

describe("a query that wants more than to read", () => {
  const file = () => {
    const lake = join(server.data, "lake", "secret");
    const path = readdirSync(lake, { recursive: true }).find((name) => String(name).endsWith(".parquet"));
    return join(lake, String(path));
  };
  const attacks: readonly (readonly [what: string, sql: () => string])[] = [
    ["writes a file", () => `COPY predictions TO '${join(folder, "stolen.csv")}'`],
    ["writes a file of the lake", () => `COPY (SELECT 1) TO '${file()}'`],
    ["attaches a database", () => `ATTACH '${join(server.data, "slipway.db")}' AS stolen`],
    ["installs an extension", () => "INSTALL httpfs"],
    ["loads an extension", () => "LOAD sqlite"],
    ["reads a text", () => "SELECT * FROM read_text('/etc/passwd')"],
    ["reads a blob", () => `SELECT * FROM read_blob('${join(server.data, "slipway.db")}')`],
    ["reads a CSV", () => "SELECT * FROM '/etc/passwd'"],
    ["reads a CSV by name", () => "SELECT * FROM read_csv('/etc/passwd')"],
    ["lists files", () => `SELECT * FROM glob('${server.data}/**')`],
    ["reads another endpoint's files", () => `SELECT * FROM read_parquet('${file()}')`],
    ["reads all files of the lake", () => `SELECT * FROM read_parquet('${server.data}/lake/**/*.parquet')`],
    ["asks the network", () => "SELECT * FROM 'http://127.0.0.1:1/x.parquet'"],
    ["sets an option", () => "SET enable_external_access = true"],
    ["resets an option", () => "RESET lock_configuration"],
    ["runs a pragma", () => "PRAGMA enable_profiling"],
    ["runs two statements", () => "SELECT 1; SELECT 2"],
    ["runs a second statement behind a comment", () => "SELECT 1 /* ; */ ; DROP VIEW predictions"],
    ["ends the parenthesis", () => "SELECT 1) TO '/tmp/x' (FORMAT csv); --"],
    ["hides a deletion", () => "WITH gone AS (DELETE FROM predictions RETURNING *) SELECT * FROM gone"],
    ["inserts", () => "INSERT INTO predictions SELECT * FROM predictions"],
    ["makes a table", () => "CREATE TABLE mine AS SELECT 1"],
    ["makes a macro", () => "CREATE MACRO f() AS 1"],
    ["calls", () => "CALL pragma_version()"],
    ["exports", () => `EXPORT DATABASE '${folder}'`],
    ["explains and runs", () => "EXPLAIN ANALYZE SELECT 1"],
    ["prepares", () => "PREPARE p AS SELECT 1"],
    ["reads the environment", () => "SELECT getenv('HOME')"],
    ["has a placeholder", () => "SELECT $1"],
    ["is nothing", () => "-- nothing"],
    ["is a file of SQL", () => "IMPORT DATABASE '/etc'"],
  ];

  test.each(attacks)("%s: refused", async (_what, text) => {
    const { status, body } = await sql(text());
    expect([status, body.code], JSON.stringify(body)).toEqual([400, "invalid_query"]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("sees nothing of other endpoints and leaves nothing behind", async () => {
    const { body } = await sql("SELECT count(*) AS n FROM predictions WHERE origin = 'ORD'");
    expect(body.rows).toEqual([{ n: 0 }]);
    const left = readdirSync(join(server.data, "tmp")).filter((name) => name.startsWith("query-"));
    expect(left).toEqual([]);
  });
});

describe("predictions as files", () => {
  const cli = (...args: string[]) => runCli(["predictions", "flight-delay", ...args], { url: server.url });

  test("the command line shows a table, JSON and CSV", async () => {
    const query = ["--sql", "SELECT distance, origin FROM predictions WHERE distance < 2 ORDER BY distance"];
    expect((await cli(...query)).stdout).toBe("DISTANCE  ORIGIN\n       0  ATL\n       1  ATL\n");
    expect(JSON.parse((await cli(...query, "-o", "json")).stdout)).toEqual([
      { distance: 0, origin: "ATL" },
      { distance: 1, origin: "ATL" },
    ]);
    expect((await cli(...query, "-o", "csv")).stdout).toBe("distance,origin\n0.0,ATL\n1.0,ATL\n");
    const wrong = await cli("--sql", "DROP VIEW predictions");
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain("Only a statement that reads");
  });

  test("everything is exported as Parquet, which reads back the same", async () => {
    const out = join(mkdtempSync(join(tmpdir(), "slipway-out-")), "all.parquet");
    const done = await cli("-o", "parquet", "--out", out);
    expect(done.stderr).toMatch(/^\d+ rows are in /);
    expect(readFileSync(out).subarray(0, 4).toString()).toBe("PAR1");
    const { stdout } = await cli("--sql", "SELECT count(*) AS n FROM predictions", "-o", "json");
    expect(done.stderr).toContain(`${JSON.parse(stdout)[0].n} rows`);
    const none = await cli("--since", "2100-01-01", "-o", "parquet", "--out", out);
    expect(none.stderr).toContain("0 rows");
    expect((await runCli(["models", "-o", "parquet"], { url: server.url })).code).toBe(2);
    expect((await cli("-o", "parquet", "--follow")).code).toBe(2);
  });

  test("the client asks and downloads", async () => {
    const { predictions } = createClient({ url: server.url });
    const answer = await predictions.query("flight-delay", { sql: "SELECT 9007199254740993 AS big", limit: 1 });
    expect(answer.rows).toEqual([{ big: "9007199254740993" }]);
    const file = await predictions.queryFile("flight-delay", {
      sql: "SELECT distance FROM predictions",
      format: "csv",
      limit: 2,
    });
    expect(file).toMatchObject({ rows: 2, truncated: true });
    expect((await new Response(file.body).text()).split("\n")).toHaveLength(4);
  });
});
