import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ImportReport } from "../../../packages/cli/src/import/report.ts";
import { root } from "../../../tools/layer-list.ts";
import { runCli } from "../../lib/cli.ts";
import { startMlflowCommand, type MlflowServer } from "../../lib/mlflow-command.ts";
import { needs } from "../../lib/needs.ts";
import { useServer } from "../../lib/server.ts";
import { findMlflow3, whatMlflow3 } from "../mlflow/tracking-server.ts";

const scripts = join(root, "test/interop/mlflow-import");
const bin = await findMlflow3();

type Dump = Readonly<Record<string, unknown>>;

describe.skipIf(!needs(whatMlflow3, bin !== null, { inCi: "required" }))("an import of the real MLflow", () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-mlflow-import-"));
  const mlruns = join(folder, "files", "mlruns");
  let old: MlflowServer;

  const python = async (script: string, ...args: readonly string[]): Promise<string> => {
    const env = {
      ...process.env,
      MLFLOW_DISABLE_TELEMETRY: "true",
      MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
      GIT_PYTHON_REFRESH: "quiet",
    };
    const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 200_000 };
    return (await promisify(execFile)(join(bin!, "python"), [join(scripts, script), ...args], options)).stdout;
  };

  async function importFrom(from: string, ...args: readonly string[]): Promise<ImportReport> {
    const words = ["import", "mlflow", "--from", from, "-o", "json", "--quiet", ...args];
    const { code, stdout, stderr } = await runCli(words, { url: server.url, timeoutMs: 120_000 });
    expect([code, stderr]).toEqual([0, ""]);
    return JSON.parse(stdout) as ImportReport;
  }

  beforeAll(async () => {
    const words = ["server", "--backend-store-uri", `sqlite:///${folder}/mlflow.db`, "--workers", "1"];
    words.push("--serve-artifacts", "--artifacts-destination", join(folder, "mlartifacts"));
    const env = { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" };
    old = await startMlflowCommand({ bin: bin!, words, ready: "/health", readyMs: 200_000, env });
    await python("make-store.py", join(folder, "work"), old.url, "server", `file:${mlruns}`, "files");
  }, 300_000);

  afterAll(() => {
    old.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("its server", async () => {
    const report = await importFrom(old.url);
    expect(report).toMatchObject({
      experiments: { created: 2, same: 1 },
      runs: { created: 5 },
      logged_models: { created: 3 },
      models: { created: 2 },
      versions: { created: 3 },
      artifacts: { copied: 12 },
      differences: [],
      problems: [],
    });
  }, 120_000);

  test("its server, which goes on: what is new comes, and nothing else", async () => {
    const post = async (path: string, body: object) => {
      const request = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
      return (await (await fetch(`${old.url}/api/2.0/mlflow/${path}`, request)).json()) as Dump;
    };
    const { run } = (await post("runs/create", { experiment_id: "1", run_name: "later", start_time: 1 })) as {
      run: { info: { run_id: string } };
    };
    const point = { run_id: run.info.run_id, key: "loss", value: 0.5, timestamp: 1000 };
    await post("runs/log-metric", { ...point, step: 1 });
    expect(await importFrom(old.url)).toMatchObject({ runs: { created: 1, changed: 0, same: 5 }, points: 1 });
    await post("runs/log-metric", { ...point, step: 2 });
    await post("runs/update", { run_id: run.info.run_id, status: "FINISHED", end_time: 2000 });
    await post("registered-models/alias", { name: "server model", alias: "champion", version: "3" });
    const report = await importFrom(old.url);
    expect(report).toMatchObject({ runs: { changed: 1, same: 5 }, points: 2, models: { changed: 1 }, differences: [] });
  }, 120_000);

  test("its database says the same as its server", async () => {
    const report = await importFrom(join(folder, "mlflow.db"), "--full");
    expect(report).toMatchObject({
      experiments: { created: 0, changed: 0, same: 3 },
      // Only the database tells when a run was deleted.
      runs: { created: 0, changed: 2, same: 4 },
      logged_models: { created: 0, changed: 0, same: 3 },
      models: { created: 0, changed: 0, same: 2 },
      versions: { created: 0, changed: 0, same: 3 },
      artifacts: { copied: 0, same: 12 },
      differences: [],
      problems: [],
    });
  }, 120_000);

  test("an mlruns folder", async () => {
    const report = await importFrom(mlruns);
    expect(report).toMatchObject({ runs: { created: 5 }, versions: { created: 3 }, artifacts: { copied: 12 } });
  }, 120_000);

  test("a client sees the same here as there, to the last point and byte", async () => {
    const stores = [old.url, "server", server.url, "server", `file:${mlruns}`, "files", server.url, "files"];
    const [there, imported, ofFiles, importedFiles] = JSON.parse(await python("dump-store.py", ...stores)) as Dump[];
    expect(Object.keys(there!)).toHaveLength(16);
    expect(imported).toEqual(there);
    expect(importedFiles).toEqual(ofFiles);
  }, 240_000);
});
