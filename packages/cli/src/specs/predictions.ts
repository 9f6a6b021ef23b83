import type { CommandGroup } from "./command-spec.ts";
import { loadtestCommand } from "./loadtest.ts";

export const predictionCommands: CommandGroup = {
  title: "Predictions",
  commands: [
    {
      usage: "predict <address> [source]",
      summary: "predict one record or many",
      about:
        "One record (a JSON object), a list of them, or JSON Lines; SOURCE - reads stdin. NAME@2 asks that version whatever the traffic does.",
      options: [
        ["--data <json>", "the record or records"],
        ["--file <file>", "a file with them; - is stdin"],
        ["--key <text>", "your own key, to find the prediction by"],
      ],
      examples: [
        `slipway predict flight-delay --data '{"hour": 8, "origin": "ATL"}'`,
        "slipway predict flight-delay@2 --file flights.jsonl -o csv",
        "cat flights.json | slipway predict flight-delay -",
      ],
      load: async () => (await import("../commands/predict.ts")).predict,
    },
    {
      usage: "predictions <name>",
      summary: "predictions on record, newest first, or SQL over all of them",
      about:
        'SQL is one SELECT over the views predictions (a row each, with inputs and outputs as columns), shadows (what other versions answered for nobody) and labels; "DESCRIBE predictions" lists the columns. -o parquet without SQL exports everything.',
      options: [
        ["--since <when>", "from then on: 15m, 2h, 7d, 2026-11-22, 2026-11-22T10:00:00Z"],
        ["--errors", "only those that failed or were answered by a fallback"],
        ["--key <text>", "only those with this key"],
        ["--shadows", "what other versions answered for nobody, too"],
        ["--limit <count>", "how many, or all (default: 20)"],
        ["-F, --follow", "go on with new ones as they come"],
        ["--sql <select>", "ask this instead; -o table, json, csv or parquet"],
        ["--until <when>", "with --sql or -o parquet, only before then"],
        ["--out <file>", "with -o csv or parquet, write there"],
      ],
      examples: [
        "slipway predictions flight-delay --since 15m --errors",
        "slipway predictions flight-delay --follow",
        "slipway predictions flight-delay --limit all -o csv > predictions.csv",
        `slipway predictions flight-delay --sql "SELECT hour(predicted_at) AS hour, count(*) FROM predictions GROUP BY 1"`,
        "slipway predictions flight-delay --since 7d -o parquet --out flights.parquet",
      ],
      load: async () => (await import("../commands/predictions.ts")).predictions,
    },
    {
      usage: "predictions show <id>",
      summary: "everything about one prediction; ID/i is row i of a request of many",
      examples: ["slipway predictions show 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11/0"],
      load: async () => (await import("../commands/show-prediction.ts")).showPrediction,
    },
    {
      usage: "predictions import <name> <file>",
      summary: "watch a model that is served elsewhere: put its predictions on record from a file",
      about:
        "The file is CSV, Parquet or JSON Lines by its ending, a prediction a row: when it was made, what was predicted, and the inputs, which are all other columns. Model, version and endpoint are made where they are not there. A row that is on record in exactly these values is not taken again, so the same file changes nothing, and one that has grown adds what is new.",
      options: [
        ["--time-column <name>", "when it was predicted (default: predicted_at, timestamp or time)"],
        ["--from <when>", "of a file without times: its rows are spread evenly from then on"],
        ["--to <when>", "until then"],
        ["--key-column <name>", "your own key (default: key or id)"],
        ["--output-column <names>", "what was predicted, with commas between several (default: prediction or y_pred)"],
        [
          "--probability-column <names>",
          "of the positive class, or CLASS=NAME of each (default: probability, predicted_probability or y_pred_proba)",
        ],
        ["--positive <class>", "the class that the probability is of (default: the last of the two)"],
        ["--label-column <name>", "what came true, where it is known (default: label or y_true)"],
        ["--label-time-column <name>", "when it came true (default: when it was predicted)"],
        ["--ignore <columns>", "columns that are nothing of the model"],
        ["--reference <file>", "what the model was trained or tested on, to compare with"],
        ["--skip-bad", "leave wrong rows out instead of refusing the file"],
        ["-m, --message <text>", "why, for the history"],
      ],
      examples: [
        "slipway predictions import churn scored.csv --time-column scored_at --output-column churned",
        "slipway predictions import churn scored.parquet --reference training.parquet --label-column left",
        "slipway predictions import prices day.jsonl --output-column price --ignore run_id,host",
      ],
      load: async () => (await import("../commands/import-predictions.ts")).importPredictions,
    },
    {
      usage: "predictions erase <name>",
      summary: "take predictions out for good, with their labels",
      about:
        "WHERE is one boolean SQL expression over the columns of `slipway predictions NAME --sql`. Log and Parquet files are rewritten; backups and copies that were exported are not reached.",
      options: [
        ["--where <sql>!", "which ones, such as \"key = 'alice'\""],
        ["--dry-run", "count them only"],
      ],
      examples: [
        `slipway predictions erase flight-delay --where "key = 'alice'" --dry-run`,
        `slipway predictions erase flight-delay --where "key = 'alice'" --yes`,
      ],
      load: async () => (await import("../commands/erase.ts")).erasePredictions,
    },
    {
      usage: "replay <id-or-name>",
      summary: "run predictions on record again and compare, one or what an endpoint answered",
      about:
        "Each runs on the version that answered it, also where that was deleted, as long as `slipway gc` has not taken its files. Ends with 1 where anything is different or a model fails that answered then.",
      options: [
        ["--since <when>", "of an endpoint, from then on: 15m, 2h, 7d, 2026-11-22, 2026-11-22T10:00:00Z"],
        ["--until <when>", "of an endpoint, until then"],
        ["--limit <count>", "of an endpoint, at most so many, the newest (default: 1000)"],
        ["--errors", "of an endpoint, only those that failed or were answered by a fallback"],
        ["--on <address>", "compare with this version, NAME@2 or NAME@challenger"],
        ["--absolute <number>", "a difference that is within the tolerance (default: 1e-6)"],
        ["--relative <number>", "the same as a part of the value on record; the two add up (default: 1e-4)"],
      ],
      examples: [
        "slipway replay 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11/0",
        "slipway replay flight-delay --since 1h",
        "slipway replay flight-delay --since 7d --limit 10000 --on flight-delay@2",
      ],
      load: async () => (await import("../commands/replay.ts")).replay,
    },
    loadtestCommand,
  ],
};
