import type { CommandGroup } from "./command-spec.ts";

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
      summary: "predictions on record, newest first",
      options: [
        ["--since <when>", "from then on: 15m, 2h, 7d, 2026-11-22, 2026-11-22T10:00:00Z"],
        ["--errors", "only those that failed or were answered by a fallback"],
        ["--key <text>", "only those with this key"],
        ["--limit <count>", "how many, or all (default: 20)"],
        ["-F, --follow", "go on with new ones as they come"],
      ],
      examples: [
        "slipway predictions flight-delay --since 15m --errors",
        "slipway predictions flight-delay --follow",
        "slipway predictions flight-delay --limit all -o csv > predictions.csv",
      ],
      load: async () => (await import("../commands/predictions.ts")).predictions,
    },
    {
      usage: "predictions show <id>",
      summary: "everything about one prediction; ID/i is row i of a request of many",
      examples: ["slipway predictions show 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11/0"],
      load: async () => (await import("../commands/predictions.ts")).showPrediction,
    },
  ],
};
