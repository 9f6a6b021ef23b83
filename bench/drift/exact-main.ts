import { drifted, compareNumbers, compareTexts, type ReportRow } from "./report.ts";
import { readColumns, readNumbers, readTexts } from "./columns.ts";

// A process of its own, for its memory: `node exact-main.ts FOLDER` prints seconds, peak memory and scores. A column at a time is read,
// compared and let go; reading is not counted, as it is not of Evidently.
const [folder = ""] = process.argv.slice(2);
const columns = readColumns(folder);
const rows: ReportRow[] = [];
let [seconds, cpuSeconds] = [0, 0];
const timed = (compare: () => ReportRow) => {
  const [started, before] = [performance.now(), process.cpuUsage()];
  rows.push(compare());
  const { user, system } = process.cpuUsage(before);
  seconds += (performance.now() - started) / 1000;
  cpuSeconds += (user + system) / 1e6;
};
for (const column of columns.numbers) {
  const [reference, current] = [readNumbers(folder, "reference", column), readNumbers(folder, "current", column)];
  timed(() => compareNumbers(column, reference, current));
}
for (const column of columns.categories) {
  const { levels } = columns;
  const reference = readTexts(folder, { side: "reference", column, levels });
  const current = readTexts(folder, { side: "current", column, levels });
  timed(() => compareTexts(column, reference, current));
}
const scores = Object.fromEntries(rows.map(({ column, distance }) => [column, distance]));
const megabytes = process.resourceUsage().maxRSS / 1024;
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, megabytes, scores, drifted: drifted(rows).length })}\n`);
