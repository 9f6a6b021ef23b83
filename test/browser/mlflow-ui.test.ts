import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { needs } from "../lib/needs.ts";
import { findPythonEnvironment } from "../lib/python-environment.ts";
import { useServer } from "../lib/server.ts";
import { openBrowser } from "./browser.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/mlflow/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/mlflow/requirements.txt";

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("the UI of an installed mlflow", () => {
  // As it is found in an environment that is active.
  const server = useServer({ args: ["--mlflow-ui"], env: { VIRTUAL_ENV: dirname(bin ?? "") } });
  const ids = { experiment: "", runs: [] as string[] };

  beforeAll(async () => {
    const post = async (path: string, json: object) => {
      const answer = await fetchJson(`${server.url}/api/2.0/mlflow/${path}`, { json });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body;
    };
    const at = Date.now();
    ids.experiment = (await post("experiments/create", { name: "flight-delay" })).experiment_id;
    for (const [i, name] of ["a forest", "a line", "a tree"].entries()) {
      const order = { experiment_id: ids.experiment, run_name: name, start_time: at + i };
      const { run_id } = (await post("runs/create", order)).run.info;
      ids.runs.push(run_id);
      const loss = Array.from({ length: 40 }, (_, step) => ({ step, value: (1 + i) / (step + 1) }));
      const metrics = loss.map((point) => ({ key: "loss", timestamp: at + point.step, ...point }));
      const tags = [{ key: "mlflow.user", value: "ada" }];
      const params = [{ key: "depth", value: String(3 + i) }];
      const accuracy = { key: "accuracy", value: 0.8 + i / 20, step: 0, timestamp: at };
      await post("runs/log-batch", { run_id, metrics: [...metrics, accuracy], params, tags });
      await post("runs/update", { run_id, status: "FINISHED", end_time: at + 60_000 });
    }
    await post("registered-models/create", { name: "late-flights", description: "Tells who lands late" });
    const source = `mlflow-artifacts:/${ids.experiment}/${ids.runs[0]}/artifacts/model`;
    await post("model-versions/create", { name: "late-flights", source, run_id: ids.runs[0] });
    await post("registered-models/alias", { name: "late-flights", alias: "champion", version: "1" });
  }, 120_000);

  test("shows experiments, runs, charts and models, and asks nobody else", { timeout: 120_000 }, async (context) => {
    const { page, errors, hosts, picture } = await openBrowser(context);
    // The assistant's panel opens by itself and is no part of what is here.
    const missing = new Set<string>();
    page.on("response", (response) => {
      if (response.status() >= 400) missing.add(`${response.status()} ${new URL(response.url()).pathname}`);
    });
    const open = (path: string) => page.goto(`${server.url}/#${path}`);

    await open("/experiments");
    await page.getByRole("link", { name: "flight-delay" }).first().waitFor();
    expect(page.url()).toContain("/mlflow/");
    expect(statSync(await picture("mlflow-experiments")).size).toBeGreaterThan(20_000);

    await open(`/experiments/${ids.experiment}/runs`);
    for (const name of ["a forest", "a line", "a tree"]) await page.getByText(name, { exact: true }).first().waitFor();
    expect(statSync(await picture("mlflow-runs")).size).toBeGreaterThan(20_000);

    await open(`/experiments/${ids.experiment}/runs/${ids.runs[0]}`);
    await page.getByText("About this run").waitFor();
    for (const text of ["ada", "depth", "accuracy"]) await page.getByText(text, { exact: true }).first().waitFor();
    await page
      .getByRole("link", { name: /late-flights/ })
      .first()
      .waitFor();
    expect(statSync(await picture("mlflow-run")).size).toBeGreaterThan(20_000);

    await open(`/experiments/${ids.experiment}/runs/${ids.runs[1]}/model-metrics`);
    await page.locator(".js-plotly-plot .scatterlayer .point").first().waitFor();
    expect(await page.locator(".js-plotly-plot .scatterlayer .point").count()).toBe(40);
    expect(statSync(await picture("mlflow-charts")).size).toBeGreaterThan(20_000);

    await open("/models/late-flights");
    await page.getByText("Tells who lands late").first().waitFor();
    await page.getByText("champion").first().waitFor();
    expect(statSync(await picture("mlflow-model")).size).toBeGreaterThan(20_000);

    expect([...hosts]).toEqual([new URL(server.url).host]);
    // What MLflow's own server does not have either, without its users and its assistant.
    const known = /\/ajax-api\/[23]\.0\/mlflow\/(users\/current|assistant\/|traces|scorers)/;
    expect([...missing].filter((each) => !known.test(each))).toEqual([]);
    expect(errors.filter((error) => !error.includes("404"))).toEqual([]);
  });
});
