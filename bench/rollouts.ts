import { parseArgs } from "node:util";
import { countFalseRollbacks, measurePower } from "../packages/server/src/rollouts/testing/false-rollbacks.ts";
import { toFigure, toMarkdown } from "./lib/table.ts";

// How often a rollout takes back a version that does no harm, and how soon one that does: whole rollouts through the evaluation and the decisions
// of real ones, of which only the requests are made up.
//   npm run bench:rollouts -- [--rollouts 2000] [--seconds 300] [--seed 1]      seconds: of a harmless rollout that never waits
const { values: options } = parseArgs({
  options: {
    rollouts: { type: "string", default: "2000" },
    seconds: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
  },
});
const given = { rollouts: Number(options.rollouts), seconds: Number(options.seconds), seed: Number(options.seed) };
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;

console.log(
  `\n${given.rollouts} rollouts each of a version that does no harm, alpha 5 %; the bar is an upper bound of 6 %\n`,
);
const rows = [["scenario", "rolled back", "upper 95 % bound", "median requests"]];
for (const { scenario, rollouts, rolledBack, bound, requests } of countFalseRollbacks(given)) {
  rows.push([scenario, percent(rolledBack / rollouts), percent(bound), toFigure(requests)]);
  console.error(`${scenario}: ${rolledBack} of ${rollouts}`);
}
console.log(toMarkdown(rows));

const { requests, missed, needed, ofSequence } = measurePower(given);
console.log("\nA canary with 2 % instead of 1 % errors at 10 % of the traffic; the bar is 0.5\n");
console.log(
  toMarkdown([
    [
      "median requests until the rollback",
      "where the one-sided asymptotic sequence is as wide as the effect",
      "ratio",
      "median until that sequence sees it",
      "ratio",
      "missed",
    ],
    [
      toFigure(requests),
      toFigure(needed),
      toFigure(requests / needed),
      toFigure(ofSequence),
      toFigure(requests / ofSequence),
      String(missed),
    ],
  ]),
);
