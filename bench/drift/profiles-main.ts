import { countInBins } from "@slipway/statistics";
import { readColumns, readNumbers, readTexts } from "./columns.ts";
import { compareCounts, countTexts, drifted, storeNumbers, storeTexts, type ReportRow } from "./report.ts";

// A process of its own: `node profiles-main.ts FOLDER`. The reference is kept as counts, made before the clock starts; `seconds` is from
// the rows of the current sample to the report, `judgeSeconds` from its counts.
const [folder = ""] = process.argv.slice(2);
const columns = readColumns(folder);
const rows: ReportRow[] = [];
let [seconds, cpuSeconds, judgeSeconds] = [0, 0, 0];
const timed = (count: () => Float64Array, compare: (counts: Float64Array) => ReportRow) => {
  const [started, before] = [performance.now(), process.cpuUsage()];
  const counts = count();
  const counted = performance.now();
  rows.push(compare(counts));
  const ended = performance.now();
  const { user, system } = process.cpuUsage(before);
  cpuSeconds += (user + system) / 1e6;
  seconds += (ended - started) / 1000;
  judgeSeconds += (ended - counted) / 1000;
};
for (const column of columns.numbers) {
  const stored = storeNumbers(column, readNumbers(folder, "reference", column));
  const current = readNumbers(folder, "current", column);
  if (stored.kind === "number")
    timed(
      () => countInBins(current, stored.edges),
      (counts) => compareCounts(stored, counts),
    );
}
for (const column of columns.categories) {
  const { levels } = columns;
  const stored = storeTexts(column, readTexts(folder, { side: "reference", column, levels }));
  const current = readTexts(folder, { side: "current", column, levels });
  if (stored.kind === "text")
    timed(
      () => countTexts(current, stored.places),
      (counts) => compareCounts(stored, counts),
    );
}
process.stdout.write(`${JSON.stringify({ seconds, cpuSeconds, judgeSeconds, drifted: drifted(rows).length })}\n`);
