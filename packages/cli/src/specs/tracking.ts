import type { CommandGroup } from "./command-spec.ts";
import type { OptionOutline } from "./outline.ts";

const searchOptions: readonly OptionOutline[] = [
  ["--filter <text>", "MLflow's grammar, with OR and parentheses"],
  ["--order-by <text>", "a metric, param, tag or attribute, then ASC or DESC (default: newest first)"],
  ["--view <active|deleted|all>", "what is deleted, too (default: active)"],
  ["--limit <count>", "how many, or all (default: 20)"],
];

export const trackingCommands: CommandGroup = {
  title: "Experiments and runs",
  commands: [
    {
      usage: "experiments list",
      summary: "experiments, newest first",
      options: searchOptions,
      examples: ["slipway experiments list", "slipway experiments list --filter \"name LIKE 'flight%'\""],
      load: async () => (await import("../commands/tracking.ts")).experiments,
    },
    {
      usage: "experiments show <experiment>",
      summary: "one experiment, by its id or its name",
      examples: ["slipway experiments show flight-delay"],
      load: async () => (await import("../commands/tracking.ts")).showExperiment,
    },
    {
      usage: "runs list",
      summary: "runs with their metrics and params, newest first",
      options: [["--experiment <id>", "its id or its name (default: all that are active)"], ...searchOptions],
      examples: [
        "slipway runs list --experiment flight-delay",
        "slipway runs list --filter \"metrics.loss < 0.2 AND (params.lr = '0.1' OR tags.team = 'ops')\" --order-by metrics.loss",
      ],
      load: async () => (await import("../commands/tracking.ts")).runs,
    },
    {
      usage: "runs show <run>",
      summary: "one run: what it logged, its datasets and its models",
      examples: ["slipway runs show 5c1f0a9f2d0b4b0f8f7d6e5c4b3a2918"],
      load: async () => (await import("../commands/tracking.ts")).showRun,
    },
  ],
};
