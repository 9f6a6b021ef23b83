import { parseArgs } from "node:util";
import { judgeFlightDays, readFlightDays } from "../packages/server/src/monitoring/drift/testing/flight-days.ts";
import { simulate } from "../packages/server/src/monitoring/drift/testing/simulate.ts";
import { toMarkdown } from "./lib/table.ts";

// How often drift cries wolf, and how often it sees a wolf: simulated rows of 20 columns, and the days of real flights.
//   npm run bench:alarms -- [--references 400] [--rows 5000] [--seed 1]      rows: of each reference
const { values: options } = parseArgs({
  options: {
    references: { type: "string", default: "400" },
    rows: { type: "string", default: "5000" },
    seed: { type: "string", default: "1" },
  },
});
const sizes = [50, 100, 200, 500, 1000, 2000];
const given = { seed: Number(options.seed), references: Number(options.references), sizes };
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

for (const blocks of [0, 50]) {
  const found = simulate({ ...given, referenceRows: Number(options.rows), blocks });
  console.log(
    `\n${given.references} independent references of ${options.rows} rows x 20 columns, ${blocks === 0 ? "without times" : `in ${blocks} blocks`}\n`,
  );
  console.log(
    toMarkdown([
      [
        "rows a window",
        "false alarms",
        "0.2 deviations seen",
        "1 of 20 categories moved seen",
        "0.2 deviations seen in 2 of 3 windows",
      ],
      ...found.map(({ rows, falseAlarms, shiftSeen, categorySeen, incidentSeen }) => [
        String(rows),
        percent(falseAlarms),
        percent(shiftSeen),
        percent(categorySeen),
        percent(incidentSeen),
      ]),
    ]),
  );
}

const flights = await readFlightDays();
const judged = judgeFlightDays(flights, [...flights.days.keys()]);
const alarms = [...judged].filter(([, columns]) => columns.length > 0);
console.log(
  `\nDays of real flights, January to March 2001, each against the others: ${alarms.length} alarms in ${judged.size} days (${percent(alarms.length / judged.size)})`,
);
for (const [day, columns] of alarms)
  console.log(`  ${new Date(flights.days[day]!).toISOString().slice(0, 10)}: ${columns.join(", ")}`);
