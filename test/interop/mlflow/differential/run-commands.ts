import fc from "fast-check";
import * as filters from "./filters.ts";
import * as words from "./words.ts";
import type { Command, Json } from "./world.ts";

const { experiment, fields, key, listedKey, listedText, metricValue, mostly, run, step, tags, text, timestamp, whole } =
  words;

const post = (path: string, body: fc.Arbitrary<Json>): fc.Arbitrary<Command> =>
  body.map((made) => ({ method: "POST", path: `/mlflow/${path}`, body: made }));
const get = (path: string, query: Readonly<Record<string, fc.Arbitrary<string>>>): fc.Arbitrary<Command> =>
  fc.record(query).map((made) => ({ method: "GET", path: `/mlflow/${path}`, query: Object.entries<string>(made) }));

const name = fc.nat(3).map((n) => `{{mark}}-e${n}`);
const viewType = mostly(["ACTIVE_ONLY", "DELETED_ONLY"], ["ALL"]);
/** Never none: the server would make one up, by which a search may be ordered. */
const runName = fc.constantFrom("a", "b", "A", "ab c", "ü");
const maxResults = mostly<Json, Json>([1, 2, 3, 100], [0, -1, 50_001, "2"]);

const metric = whole({ key: listedKey, value: metricValue, timestamp, step });
const param = fc.record({ key: listedKey, value: listedText });

const makeExperiment = post(
  "experiments/create",
  fields(
    {
      name: mostly(
        [...Array(4).keys()].map((n) => `{{mark}}-e${n}`),
        ["", 5],
      ),
      tags,
    },
    ["name"],
  ),
);
/** Those of a new run are not looked at there: neither refused nor cut. */
const openingTags = fc.uniqueArray(
  fc.record({ key: fc.constantFrom("loss", "acc", "sp ace"), value: mostly(["a", "b", "0.1"], ["", "ü"]) }),
  {
    maxLength: 3,
    selector: (tag) => tag.key,
  },
);

export const makeRun = post(
  "runs/create",
  fc.record(
    {
      experiment_id: experiment,
      start_time: fc.constant("{{tick}}"),
      user_id: listedText,
      run_name: runName,
      tags: openingTags,
    },
    { requiredKeys: ["experiment_id", "start_time", "run_name"] },
  ) as fc.Arbitrary<Json>,
);

const experimentCommands: readonly fc.Arbitrary<Command>[] = [
  makeExperiment,
  get("experiments/get", {
    experiment_id: mostly(["{{experiment:0}}", "{{experiment:1}}"], ["", "abc", "0", "123456789"]),
  }),
  get("experiments/get-by-name", { experiment_name: name }),
  post("experiments/update", whole({ experiment_id: experiment, new_name: name })),
  post("experiments/delete", whole({ experiment_id: experiment })),
  post("experiments/restore", whole({ experiment_id: experiment })),
  post("experiments/set-experiment-tag", whole({ experiment_id: experiment, key, value: text })),
  post("experiments/delete-experiment-tag", whole({ experiment_id: experiment, key })),
  fc
    .tuple(filters.experimentFilter, filters.experimentOrder, maxResults, viewType)
    .map(([filter, order_by, max_results, view_type]): Command => {
      const mine = filter === "" ? "name LIKE '{{mark}}%'" : `name LIKE '{{mark}}%' AND ${filter}`;
      return {
        method: "POST",
        path: "/mlflow/experiments/search",
        body: { filter: mine, order_by, max_results, view_type },
        pages: true,
      };
    }),
];

const dataset = fc.record({
  name: fc.constantFrom("a", "b"),
  digest: fc.constantFrom("d1", "d2"),
  source_type: fc.constant("local"),
  source: fc.constant("{}"),
});
const inputTag = fc.record({ key: fc.constantFrom("mlflow.data.context", "k"), value: fc.constantFrom("a", "train") });

/** What a chart asks: some steps of several runs. */
const history = fc
  .tuple(
    fc.subarray([0, 1, 2], { minLength: 1 }),
    mostly(["loss", "acc"], [""]),
    fc.constantFrom([], ["0", "2"], ["1"]),
    fc.constantFrom("1", "2", "2500"),
  )
  .map(([runs, metricKey, [start, end], max]): Command => {
    const query: [string, string][] = runs.map((n) => ["run_ids", `{{run:${n}}}`]);
    query.push(["metric_key", metricKey], ["max_results", max]);
    if (start !== undefined) query.push(["start_step", start]);
    if (end !== undefined) query.push(["end_step", end]);
    return { method: "GET", path: "/mlflow/metrics/get-history-bulk-interval", query };
  });

/** How clients of version 2 tell of a model. */
const legacyModel = fc.tuple(run, fc.constantFrom("a", "b")).map(([run_id, artifact_path]): Command => {
  const model_json = JSON.stringify({
    run_id,
    artifact_path,
    utc_time_created: "2026-01-01 00:00:00",
    flavors: { python_function: {} },
    model_uuid: "u",
  });
  return { method: "POST", path: "/mlflow/runs/log-model", body: { run_id, model_json } };
});

/** Most often what training code does. */
const runCommands: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Command> }[] = [
  { weight: 6, arbitrary: makeRun },
  { weight: 4, arbitrary: get("runs/get", { run_id: run }) },
  { weight: 6, arbitrary: post("runs/log-metric", whole({ run_id: run, key, value: metricValue, timestamp, step })) },
  { weight: 3, arbitrary: post("runs/log-parameter", whole({ run_id: run, key, value: text })) },
  { weight: 3, arbitrary: post("runs/set-tag", whole({ run_id: run, key, value: text })) },
  {
    weight: 1,
    arbitrary: post("runs/set-tag", fc.record({ run_id: run, key: fc.constant("mlflow.runName"), value: runName })),
  },
  { weight: 1, arbitrary: post("runs/delete-tag", whole({ run_id: run, key })) },
  {
    weight: 6,
    arbitrary: post(
      "runs/log-batch",
      whole({
        run_id: run,
        metrics: fc.array(metric, { maxLength: 5 }),
        params: fc.array(param, { maxLength: 3 }),
        tags,
      }),
    ),
  },
  {
    weight: 2,
    arbitrary: post(
      "runs/update",
      fields(
        {
          run_id: run,
          status: mostly(["FINISHED", "FAILED", "KILLED", "RUNNING"], [3]),
          end_time: fc.constant("{{tick}}"),
          run_name: text,
        },
        ["run_id"],
      ),
    ),
  },
  { weight: 1, arbitrary: post("runs/delete", whole({ run_id: run })) },
  { weight: 1, arbitrary: post("runs/restore", whole({ run_id: run })) },
  {
    weight: 2,
    arbitrary: post(
      "runs/log-inputs",
      whole({
        run_id: run,
        datasets: fc.array(
          fc.record({ dataset, tags: fc.uniqueArray(inputTag, { maxLength: 2, selector: (tag) => tag.key }) }),
          { maxLength: 2 },
        ),
      }),
    ),
  },
  {
    weight: 3,
    arbitrary: get("metrics/get-history", {
      run_id: run,
      metric_key: mostly(["loss", "acc", "a/b"], [""]),
      max_results: mostly(["1", "2", "25000"], ["0"]),
    }).map((command) => ({ ...command, pages: true })),
  },
  { weight: 2, arbitrary: history },
  { weight: 1, arbitrary: legacyModel },
  {
    weight: 8,
    arbitrary: fc
      .tuple(filters.runFilter, filters.runOrder, maxResults, viewType)
      .map(([filter, order_by, max_results, run_view_type]): Command => {
        const experiment_ids = ["{{experiment:0}}", "{{experiment:1}}"];
        return {
          method: "POST",
          path: "/mlflow/runs/search",
          body: { experiment_ids, filter, order_by, max_results, run_view_type },
          pages: true,
        };
      }),
  },
];

/** Always there: what is logged to an experiment that is not would meet what other sequences have logged there. */
export const firstExperiment = fc.constant<Command>({
  method: "POST",
  path: "/mlflow/experiments/create",
  body: { name: "{{mark}}-e0" },
});

const opening = fc.tuple(firstExperiment, makeExperiment, makeRun, makeRun, makeRun);

/** Sequences that log runs and look for them, beginning with something to log into. */
export const runSequence: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    opening,
    fc.array(fc.oneof(...runCommands, ...experimentCommands.map((arbitrary) => ({ weight: 1, arbitrary }))), {
      minLength: 10,
      maxLength: 40,
      size: "max",
    }),
  )
  .map(([first, rest]) => [...first, ...rest]);
