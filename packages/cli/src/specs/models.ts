import { breakingOption, messageOption, type CommandGroup } from "./command-spec.ts";

export const modelCommands: CommandGroup = {
  title: "Models and endpoints",
  commands: [
    {
      usage: "models",
      summary: "all models",
      examples: ["slipway models"],
      load: async () => (await import("../commands/models.ts")).models,
    },
    {
      usage: "versions <name>",
      summary: "versions of a model, newest first",
      examples: ["slipway versions flight-delay"],
      load: async () => (await import("../commands/models.ts")).versions,
    },
    {
      usage: "show <address>",
      summary: "a model, or one version with its inputs and outputs",
      examples: ["slipway show flight-delay", "slipway show flight-delay@champion"],
      load: async () => (await import("../commands/show.ts")).show,
    },
    {
      usage: "verify <address>",
      summary: "read a version's files anew, open it beside what serves and run its examples",
      about:
        "ADDRESS is NAME@VERSION or NAME@ALIAS. Nothing is changed, unless a file turns out to be damaged: it is put aside.",
      examples: ["slipway verify flight-delay@2", "slipway verify flight-delay@champion --json"],
      load: async () => (await import("../commands/verify.ts")).verify,
    },
    {
      usage: "diff <from> <to>",
      summary: "what differs between two versions of a model",
      options: [["--all", "what the probe measured at their deployments too: times, memory"]],
      examples: ["slipway diff flight-delay@1 flight-delay@2"],
      load: async () => (await import("../commands/show.ts")).diff,
    },
    {
      usage: "compare <a> <b>",
      summary: "have two versions answer the same requests, or the rows of a file, and tell them apart",
      about:
        "Both run beside the traffic, which goes first; nothing of it is a prediction. A and B are NAME@VERSION or NAME@ALIAS. Labels that were attached to requests are used; of a file --label names their column.",
      options: [
        ["--on <rows>", "logged, logged:7d (default), or a CSV, Parquet or JSON Lines file"],
        ["--endpoint <name>", "whose requests, where several serve the model"],
        ["--label <column>", "of a file, what came true"],
        ["--limit <count>", "at most so many rows, of requests the newest (default: 10000)"],
        ["--slices <columns>", "inputs by whose values the rows are cut: origin,hour (default: texts and booleans)"],
        ["--min-rows <count>", "of a slice (default: 30)"],
        ["--absolute <number>", "numbers this close are the same (default: 1e-6)"],
        ["--relative <number>", "the same as a part of A's answer; the two add up (default: 1e-4)"],
      ],
      examples: [
        "slipway compare flight-delay@1 flight-delay@2",
        "slipway compare flight-delay@champion flight-delay@2 --on logged:24h --slices origin,hour",
        "slipway compare flight-delay@1 flight-delay@2 --on holdout.parquet --label was_late --json",
      ],
      load: async () => (await import("../commands/compare.ts")).compare,
    },
    {
      usage: "alias set <address> <alias>",
      summary: "point an alias at a version; endpoints that follow it move",
      about:
        "A version that was registered and not looked at yet is looked at first: the alias moves at once, the traffic when that is done.",
      options: [breakingOption, messageOption],
      examples: ["slipway alias set flight-delay@2 challenger"],
      load: async () => (await import("../commands/models.ts")).setAlias,
    },
    {
      usage: "alias delete <name> <alias>",
      summary: "delete an alias that no endpoint follows",
      examples: ["slipway alias delete flight-delay challenger --yes"],
      load: async () => (await import("../commands/models.ts")).deleteAlias,
    },
    {
      usage: "delete <address>",
      summary: "delete a version that nothing uses, or a model with all its versions",
      examples: ["slipway delete flight-delay@1 --yes"],
      load: async () => (await import("../commands/models.ts")).remove,
    },
    {
      usage: "endpoints",
      summary: "all endpoints and what they send traffic to",
      examples: ["slipway endpoints"],
      load: async () => (await import("../commands/endpoints.ts")).endpoints,
    },
    {
      usage: "history <name>",
      summary: "every change of an endpoint, newest first",
      options: [["--limit <count>", "how many, or all (default: 20)"]],
      examples: ["slipway history flight-delay"],
      load: async () => (await import("../commands/endpoints.ts")).history,
    },
  ],
};
