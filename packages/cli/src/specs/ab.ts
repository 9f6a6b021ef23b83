import type { CommandSpec } from "./command-spec.ts";

export const abCommand: CommandSpec = {
  usage: "ab <name>",
  summary: "how the arms of a divided endpoint do, users against users",
  about:
    "Of the newest split (`slipway traffic set`, or a rollout with the strategy ab), also when it is over. Intervals and p hold however often you look. Without --metric and --sql: errors, and what the labels say. SQL is one SELECT with the columns unit and value over predictions, labels and exposures; values are summed over each unit, 0 of one without a row. With a column count it is a ratio.",
  options: [
    ["--metric <names>", "errors, fallbacks, wrong, brier, log_loss, absolute_error, squared_error; commas between"],
    ["--sql <select>", "a metric of your own"],
    ["--name <text>", "what to call it (default: value)"],
    ["--better <way>", "of it: higher or lower (default: lower)"],
    ["--unit <field>", "the record field that says whose a prediction is (default: what the traffic is divided by)"],
    ["--since <when>", "of the split only from then on: 15m, 2h, 7d, 2026-11-22"],
    ["--until <when>", "only before then"],
    ["--alpha <share>", "how often a like arm may be told apart (default: 0.05)"],
  ],
  examples: [
    "slipway ab flight-delay",
    "slipway ab flight-delay --metric errors,brier --since 7d",
    `slipway ab shop --name revenue --better higher --sql "SELECT unit, number AS value FROM predictions JOIN labels USING (id, row)"`,
    "slipway ab flight-delay --json",
  ],
  load: async () => (await import("../commands/ab.ts")).ab,
};
