import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { flight, patientFlights } from "../lib/models.ts";
import { startServer, type TestServer } from "../lib/server.ts";

const patience = { timeout: 60_000, interval: 100 };

async function predictMany(server: TestServer): Promise<string> {
  const records = Array.from({ length: 500 }, () => flight);
  const { body } = await fetchJson(`${server.url}/api/v1/endpoints/flight-delay/predict`, { json: records });
  return body.id as string;
}

function listFiles(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(ending))
    .sort();
}

async function countRows(server: TestServer): Promise<string> {
  const sql = ["--sql", "select count(*) as n from predictions", "--json"];
  return (await runCli(["predictions", "flight-delay", ...sql], { url: server.url })).stdout;
}

test(
  "old log files go when the lake has them, and each new Parquet file is copied out once",
  { timeout: 180_000 },
  async () => {
    const out = mkdtempSync(join(tmpdir(), "slipway-out-"));
    onTestFinished(() => rmSync(out, { recursive: true, force: true }));
    const args = ["--log-segment", "64KiB", "--log-retention", "2s", "--lake-interval", "1s", "--lake-export", out];
    const server = await startServer({ args });
    const client = createClient({ url: server.url });
    await deploy(server.url, patientFlights().v1);
    const first = await predictMany(server);
    await vi.waitFor(() => expect(listFiles(out, ".parquet")).toHaveLength(1), patience);
    expect(listFiles(out, ".parquet")[0]).toMatch(
      /^endpoint=flight-delay\/day=\d{4}-\d\d-\d\d\/[0-9a-f-]{36}\.parquet$/,
    );
    // Of the log nothing is left, though its only file had never become full.
    await vi.waitFor(() => expect(listFiles(join(server.data, "log"), ".log")).toEqual([]), patience);
    await expect(client.predictions.get(first)).rejects.toMatchObject({
      code: "prediction_not_found",
      message: expect.stringContaining("no prediction"),
    });
    expect(await countRows(server)).toContain("500");
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/slipway_retention_removed_files_total\{store="log"\} [1-9]/);

    await server.kill9();
    await server.restart({ args: [...args, "--lake-retention", "2s"] });
    const second = await predictMany(server);
    expect(await createClient({ url: server.url }).predictions.get(second)).toMatchObject({ rows: 500 });
    await vi.waitFor(() => expect(listFiles(out, ".parquet")).toHaveLength(2), patience);
    await vi.waitFor(() => expect(listFiles(join(server.data, "lake"), ".parquet")).toEqual([]), patience);
    expect(await countRows(server)).toContain("0");
    // What was copied out is somebody else's.
    expect(listFiles(out, ".parquet")).toHaveLength(2);
  },
);
