import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fetchJson, type JsonRequest } from "../lib/fetch-json.ts";
import { sendRaw } from "../lib/raw-http.ts";
import { startServer, useServer } from "../lib/server.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-ui-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What an installed mlflow has, as far as it is served. */
function makePackage(name: string): string {
  const build = join(folder, name, "server/js/build");
  mkdirSync(join(build, "static/js"), { recursive: true });
  writeFileSync(join(folder, name, "version.py"), 'VERSION = "3.17.2"\n');
  writeFileSync(join(build, "index.html"), "<!doctype html><script src='static-files/static/js/main.js'></script>");
  writeFileSync(join(build, "static/js/main.js"), "void 0;");
  writeFileSync(join(folder, "secret.txt"), "not to be served");
  return join(folder, name);
}

const html = { headers: { accept: "text/html" } };

describe("MLflow's UI", () => {
  const token = "the-first-admin-token";
  const server = useServer({ args: ["--mlflow-ui", makePackage("mlflow")], env: { SLIPWAY_TOKEN: token } });
  const get = (path: string, request: JsonRequest = {}) => fetchJson(`${server.url}${path}`, request);
  const basic = { authorization: `Basic ${Buffer.from(`anybody:${token}`).toString("base64")}` };

  test("is where a browser goes, and asks for a token", async () => {
    const first = await get("/", html);
    expect([first.status, first.headers.get("location")]).toEqual([302, "/mlflow/"]);
    const asked = await get("/mlflow/", html);
    expect([asked.status, asked.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("Basic")]);
    const page = await get("/mlflow/", { headers: { ...html.headers, ...basic } });
    expect([page.status, page.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    const bare = await get("/mlflow", { headers: basic });
    expect([bare.status, bare.headers.get("location")]).toEqual([302, "/mlflow/"]);
  });

  test("has its files, and no others", async () => {
    const script = await get("/mlflow/static-files/static/js/main.js");
    expect([script.status, script.body]).toEqual([200, "void 0;"]);
    expect(script.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
    const beyond = [
      "../../../version.py",
      "..%2f..%2f..%2fversion.py",
      "%2e%2e/%2e%2e/%2e%2e/version.py",
      "/etc/passwd",
    ];
    for (const path of [...beyond, "..\\..\\version.py", "static", "nothing.js", "%00", "%ff"]) {
      const { status, text } = await sendRaw(server.port, [
        `GET /mlflow/static-files/${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n`,
      ]);
      expect([path, status >= 400 && status < 500], text).toEqual([path, true]);
      expect(text).not.toMatch(/VERSION|root:/);
    }
  });

  test("asks the API below its own path, and GraphQL", async () => {
    const json = (path: string, body: object) => get(path, { json: body, headers: basic });
    const made = await json("/mlflow/ajax-api/2.0/mlflow/experiments/create", { name: "flights" });
    const id = String(made.body.experiment_id);
    const run = await json("/mlflow/ajax-api/2.0/mlflow/runs/create", { experiment_id: id, run_name: "first" });
    const runId = String(run.body.run.info.run_id);
    const metrics = [1, 2, 3].map((step) => ({
      key: "loss",
      value: 1 / step,
      step,
      timestamp: 1_700_000_000_000 + step,
    }));
    const params = [{ key: "strange", value: "NaN" }];
    const none = { key: "none", value: "NaN", step: 0, timestamp: 1 };
    await json("/mlflow/ajax-api/2.0/mlflow/runs/log-batch", { run_id: runId, metrics: [...metrics, none], params });
    const query = `query GetRun($data: MlflowGetRunInput!) @component(name: "MLflow.ExperimentRunTracking") {
      mlflowGetRun(input: $data) { apiError { code message } run {
        info { runName status runUuid startTime endTime }
        experiment { experimentId name tags { key } }
        data { metrics { key value step timestamp } params { key value } }
        inputs { datasetInputs { dataset { digest } } } } } }`;
    const ask = (variables: object, text = query) => json("/mlflow/graphql", { query: text, variables });
    const { body } = await ask({ data: { runId } });
    expect(body.errors).toBe(null);
    expect(body.data.mlflowGetRun).toMatchObject({
      apiError: null,
      run: {
        info: {
          runName: "first",
          status: "RUNNING",
          runUuid: runId,
          startTime: expect.stringMatching(/^\d+$/),
          endTime: null,
        },
        experiment: { experimentId: id, name: "flights" },
        data: {
          metrics: expect.arrayContaining([
            { key: "loss", value: 1 / 3, step: "3", timestamp: "1700000000003" },
            { key: "none", value: null, step: "0", timestamp: "1" },
          ]),
          params: [{ key: "strange", value: "NaN" }],
        },
      },
    });
    const missing = await ask({ data: { runId: "0".repeat(32) } });
    expect(missing.body.data.mlflowGetRun).toMatchObject({ apiError: { code: "RESOURCE_DOES_NOT_EXIST" }, run: null });
    const wrong = await ask({}, "query { mlflowGetRun(input: {}) { nothing } }");
    expect([wrong.status, wrong.body.errors]).toEqual([200, [expect.stringContaining("nothing")]]);
    const many = Array.from(
      { length: 11 },
      (_, i) => `a${i}: mlflowGetRun(input: {runId: "x"}) { run { info { runId } } }`,
    );
    expect((await ask({}, `query { ${many.join(" ")} }`)).body.errors[0]).toMatch(/10 things at once/);
    expect((await ask({}, `query { ${"mlflowGetRun ".repeat(5_000)} }`)).body.errors[0]).toMatch(/tokens/i);
    expect((await get("/mlflow/graphql", { json: { query } })).status).toBe(401);
  });
});

test("where it cannot be found the server says why and does not start", async () => {
  rmSync(join(makePackage("skinny"), "server"), { recursive: true });
  await expect(startServer({ args: ["--mlflow-ui", join(folder, "skinny")] })).rejects.toThrow(
    /no web UI of MLflow in .*skinny.*mlflow-skinny.*pip install mlflow/s,
  );
});
