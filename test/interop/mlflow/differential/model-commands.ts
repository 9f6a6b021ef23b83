import fc from "fast-check";
import * as filters from "./filters.ts";
import { firstExperiment, makeRun } from "./run-commands.ts";
import * as words from "./words.ts";
import type { Command, Json } from "./world.ts";

const { experiment, fields, model, mostly, run, step } = words;

const post = (path: string, body: fc.Arbitrary<Json>): fc.Arbitrary<Command> =>
  body.map((made) => ({ method: "POST", path: `/mlflow/${path}`, body: made }));

const name = mostly(["a", "b", "ab c"], ["a/b", "a:b", "", "a.b", "it's"]);
/** Keys and values of new models are not looked at there: neither refused nor cut. */
const entry = fc.record({
  key: fc.constantFrom("loss", "acc", "a/b", "sp ace"),
  value: mostly(["a", "b", "0.1"], ["", "ü"]),
});
const entries = fc.uniqueArray(entry, { maxLength: 3, selector: (one) => one.key });
/** NaN becomes 0 on a logged model there. */
const finite = fc.constantFrom(0, 1, -1, 0.5, 1e10);
const timestamp = fc.constantFrom(1000, 2000, 3000);

const makeModel = post(
  "logged-models",
  fields(
    {
      experiment_id: experiment,
      name,
      model_type: fc.constantFrom("a", "agent"),
      source_run_id: run,
      params: entries,
      tags: entries,
    },
    ["experiment_id", "name"],
  ),
);

const dataset = fc.constantFrom<readonly Json[]>(["a", "d1"], ["b", "d2"]);
const modelMetric = fc
  .tuple(run, model, fc.constantFrom("loss", "acc"), finite, timestamp, step, fc.option(dataset))
  .map(([run_id, model_id, metric, value, at, when, data]): Command => {
    const about = data === null ? {} : { dataset_name: data[0]!, dataset_digest: data[1]! };
    const body = { run_id, model_id, key: metric, value, timestamp: at, step: when, ...about };
    return { method: "POST", path: "/mlflow/runs/log-metric", body };
  });

const one = (method: Command["method"], tail: string, body: object = {}): fc.Arbitrary<Command> =>
  fc.tuple(model, fc.record(body as Record<string, fc.Arbitrary<Json>>)).map(([model_id, made]): Command => {
    const path = `/mlflow/logged-models/${model_id}${tail}`;
    return method === "GET" ? { method, path } : { method, path, body: { model_id, ...made } };
  });

const order = fc.array(
  fc.record(
    {
      field_name: mostly(["creation_timestamp", "name", "metrics.loss", "last_updated_timestamp"], ["x"]),
      ascending: fc.boolean(),
    },
    { requiredKeys: ["field_name"] },
  ),
  { maxLength: 1 },
);

const search = fc
  .tuple(filters.loggedModelFilter, order, mostly<Json, Json>([1, 2, 50], [0, "2"]), fc.option(dataset, { freq: 3 }))
  .map(([filter, order_by, max_results, data]): Command => {
    const datasets = data === null ? [] : [{ dataset_name: data[0]!, dataset_digest: data[1]! }];
    const body = { experiment_ids: ["{{experiment:0}}"], filter, order_by, max_results, datasets };
    return { method: "POST", path: "/mlflow/logged-models/search", body, pages: true };
  });

const file = mostly(
  ["MLmodel", "a/b.txt", "a/c d.txt", "a", "a/b.txt/x"],
  ["../x", "a/../../b", "/abs", "a//b", "%2e%2e/x"],
);
const under = fc.oneof(
  run.map((id) => `{{experiment:0}}/${id}/artifacts`),
  model.map((id) => `{{experiment:0}}/models/${id}/artifacts`),
);
const toPath = (path: string): string => path.replaceAll(" ", "%20");

const fileCommands: readonly fc.Arbitrary<Command>[] = [
  fc.tuple(under, file, fc.constantFrom("one", "two\n".repeat(100))).map(([folder, path, upload]): Command => ({
    method: "PUT",
    path: `/mlflow-artifacts/artifacts/${folder}/${toPath(path)}`,
    upload,
  })),
  fc.tuple(under, file).map(([folder, path]): Command => ({
    method: "GET",
    path: `/mlflow-artifacts/artifacts/${folder}/${toPath(path)}`,
  })),
  fc.tuple(under, file).map(([folder, path]): Command => ({
    method: "DELETE",
    path: `/mlflow-artifacts/artifacts/${folder}/${toPath(path)}`,
  })),
  fc
    .tuple(under, mostly(["", "/a", "/MLmodel", "/none", "/a/b.txt"], ["/..", "/a/../..", "//"]))
    .map(([folder, path]): Command => ({
      method: "GET",
      path: "/mlflow-artifacts/artifacts",
      query: [["path", `${folder}${path}`]],
    })),
  fc.tuple(run, mostly(["", "a", "MLmodel", "none"], ["..", "/a", "a/../.."])).map(([id, path]): Command => ({
    method: "GET",
    path: "/mlflow/artifacts/list",
    query:
      path === ""
        ? [["run_id", id]]
        : [
            ["run_id", id],
            ["path", path],
          ],
  })),
  fc.tuple(model, fc.constantFrom("", "a", "none")).map(([id, path]): Command => ({
    method: "GET",
    path: `/mlflow/logged-models/${id}/artifacts/directories`,
    query: path === "" ? [] : [["artifact_directory_path", path]],
  })),
];

const outputs = [0, 1].map((n) => ({ model_id: `{{model:${n}}}`, step: n }));

const modelCommands: readonly fc.Arbitrary<Command>[] = [
  makeModel,
  one("GET", ""),
  one("GET", "?allow_deleted=true"),
  one("PATCH", "", { status: fc.constantFrom("LOGGED_MODEL_READY", "LOGGED_MODEL_UPLOAD_FAILED") }),
  one("PATCH", "/tags", { tags: entries }),
  one("POST", "/params", { params: entries }),
  one("DELETE", "/tags/loss"),
  modelMetric,
  modelMetric,
  search,
  search,
  // Their order is one of its database: told apart by the step.
  post("runs/outputs", fc.record({ run_id: run, models: fc.subarray(outputs) })),
  post("runs/log-inputs", fc.record({ run_id: run, models: fc.constant([{ model_id: "{{model:0}}" }]) })),
  run.map((id): Command => ({ method: "GET", path: "/mlflow/runs/get", query: [["run_id", id]] })),
];

const rare: readonly fc.Arbitrary<Command>[] = [
  one("DELETE", ""),
  run.map((run_id): Command => ({ method: "POST", path: "/mlflow/runs/delete", body: { run_id } })),
];

/** Sequences about logged models and files, beginning with runs and models that they are of. */
export const modelSequence: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    fc.tuple(firstExperiment, makeRun, makeRun, makeModel, makeModel, modelMetric),
    fc.array(
      fc.oneof(
        ...modelCommands.map((arbitrary) => ({ weight: 3, arbitrary })),
        ...fileCommands.map((arbitrary) => ({ weight: 3, arbitrary })),
        ...rare.map((arbitrary) => ({ weight: 1, arbitrary })),
      ),
      { minLength: 10, maxLength: 40, size: "max" },
    ),
  )
  .map(([first, rest]) => [...first, ...rest]);
