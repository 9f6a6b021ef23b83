import type { CommandGroup } from "./command-spec.ts";

export const labelCommands: CommandGroup = {
  title: "Labels",
  commands: [
    {
      usage: "label <name>",
      summary: "say what came true, for one prediction or for those of a file",
      about:
        "A later label of a prediction supersedes an earlier one; what was said already is not stored again. Labels of predictions that are not on record yet are kept and matched when they come. A file is CSV, Parquet or JSON Lines by its ending, with columns prediction (ID or ID/ROW) or key, value, and if you like row, observed_at and source; it is attached as a whole or not at all.",
      options: [
        ["--id <id>", "the prediction: ID, or ID/ROW"],
        ["--key <text>", "your own key instead"],
        ["--value <value>", "what came true: a number or a word"],
        ["--observed-at <time>", "when it came true (default: now)"],
        ["--source <name>", "who says so (default: your user, or api)"],
        ["--ambiguous <none|latest|all>", "where several predictions carry the key (default: none)"],
        ["--file <file>", "a file of labels"],
        ["--id-column <name>", "its column of ids"],
        ["--key-column <name>", "its column of keys"],
        ["--value-column <name>", "its column of values"],
        ["--observed-at-column <name>", "its column of times"],
        ["--skip-bad", "leave wrong rows out instead of refusing the file"],
      ],
      examples: [
        "slipway label flight-delay --key AA-1 --value late",
        "slipway label flight-delay --id 01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11/0 --value 1",
        "slipway label flight-delay --file landed.csv --key-column flight_id --value-column late",
      ],
      load: async () => (await import("../commands/labels.ts")).label,
    },
    {
      usage: "label pull <name>",
      summary: "pull labels from the endpoint's labels.sql now",
      examples: ["slipway label pull flight-delay"],
      load: async () => (await import("../commands/labels.ts")).pullLabels,
    },
    {
      usage: "labels <name>",
      summary: "how many labels there are and what they are attached to, then the latest",
      options: [
        ["--since <when>", "received from then on: 15m, 2h, 7d, 2026-11-22, 2026-11-22T10:00:00Z"],
        ["--id <id>", "only those of this prediction: ID, or ID/ROW"],
        ["--key <text>", "only those with this key"],
        ["--limit <count>", "how many, or all (default: 20)"],
      ],
      examples: ["slipway labels flight-delay", "slipway labels flight-delay --key AA-1 --json"],
      load: async () => (await import("../commands/labels.ts")).labels,
    },
  ],
};
