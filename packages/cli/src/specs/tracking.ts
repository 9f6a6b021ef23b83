import type { CommandGroup } from "./command-spec.ts";
import type { OptionOutline } from "./outline.ts";

const searchOptions: readonly OptionOutline[] = [
  ["--filter <text>", "MLflow's grammar, with OR and parentheses"],
  ["--order-by <text>", "a metric, param, tag or attribute, then ASC or DESC (default: newest first)"],
  ["--view <active|deleted|all>", "what is deleted, too (default: active)"],
  ["--limit <count>", "how many, or all (default: 20)"],
];

const selectionOptions: readonly OptionOutline[] = [
  ["--experiment <id>", "all of it: its id or its name"],
  ["--filter <text>", "those that it finds, in MLflow's grammar, with OR and parentheses"],
  ["--dry-run", "say which and change nothing"],
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
    {
      usage: "runs delete [runs]",
      summary: "delete runs, by their ids or by what a search finds",
      about:
        "RUNS are ids with commas between them. Deleted runs keep what was logged and can be restored, until `slipway gc` takes them: 30 days later unless it is told else.",
      options: selectionOptions,
      examples: [
        "slipway runs delete 5c1f0a9f2d0b4b0f8f7d6e5c4b3a2918",
        'slipway runs delete --experiment flight-delay --filter "metrics.loss > 10" --dry-run',
      ],
      load: async () => (await import("../commands/run-removal.ts")).deleteRuns,
    },
    {
      usage: "runs restore [runs]",
      summary: "restore deleted runs, by their ids or by what a search finds",
      options: selectionOptions,
      examples: ["slipway runs restore --experiment flight-delay"],
      load: async () => (await import("../commands/run-removal.ts")).restoreRuns,
    },
  ],
};
