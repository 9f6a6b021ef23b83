import { execFile } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { fileURLToPath } from "node:url";
import { makeNumbers, writeColumns } from "./drift/columns.ts";
import { findEvidently } from "./drift/evidently.ts";
import { compareNumbers } from "./drift/report.ts";
import { toBarTable, type Bar } from "./lib/bar.ts";
import { median, toFigure } from "./lib/table.ts";

// A drift report of two samples of 16 numbers and 4 texts against Evidently's on the same files, and 1,000 columns against 20.
//   npm run bench:drift -- [--rows 1000000] [--repeats 3] [--python PATH | --no-peer]
const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "1000000" },
    repeats: { type: "string", default: "3" },
    python: { type: "string" },
    "no-peer": { type: "boolean", default: false },
  },
});
const rows = Number(options.rows);
const run = promisify(execFile);
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Outcome {
  readonly seconds: number;
  /** What the bars are about: it does not tell what else the machine does. */
  readonly cpuSeconds: number;
  readonly judgeSeconds?: number;
  readonly megabytes: number;
  readonly scores: Readonly<Record<string, number>>;
}

async function measure(command: string, args: readonly string[]): Promise<Outcome> {
  const { stdout } = await run(command, args, { maxBuffer: 64 * 1024 * 1024 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as Outcome;
}

async function findPython(): Promise<string | null> {
  if (options["no-peer"]) return null;
  return options.python ?? findEvidently();
}

/** CPU milliseconds of an exact report of so many columns of 20,000 rows a side; the columns are made outside the clock. */
function measureWidth(columns: number): number {
  let total = 0;
  for (let column = 0; column < columns; column++) {
    const [reference, current] = [
      makeNumbers(20_000, { side: "reference", column: column % 20 }),
      makeNumbers(20_000, { side: "current", column: column % 20 }),
    ];
    const before = process.cpuUsage();
    compareNumbers(`number_${column}`, reference, current);
    const { user, system } = process.cpuUsage(before);
    total += (user + system) / 1000;
  }
  return total;
}

const ratioBar = (figure: string, least: number, ratio: number | null): Bar => {
  const value = ratio === null ? "no Evidently here" : `${toFigure(ratio)}x`;
  return { figure, bar: `≥ ${least}x`, value, met: ratio === null ? null : ratio >= least };
};

const folder = join(tmpdir(), `slipway-bench-drift-${process.pid}`);
mkdirSync(folder);
try {
  writeColumns(folder, rows, { numbers: 16, categories: 4 });
  const python = await findPython();
  const exact: Outcome[] = [];
  const profiles: Outcome[] = [];
  for (let i = 0; i < Number(options.repeats); i++) {
    exact.push(await measure(process.execPath, [here("./drift/exact-main.ts"), folder]));
    profiles.push(await measure(process.execPath, [here("./drift/profiles-main.ts"), folder]));
  }
  // Once: it takes minutes.
  const peer = python === null ? null : await measure(python, [here("./peers/evidently/report.py"), folder]);
  const exactSeconds = median(exact.map(({ cpuSeconds }) => cpuSeconds));
  const profileSeconds = median(profiles.map(({ cpuSeconds }) => cpuSeconds));
  const judgeMs = 1000 * median(profiles.map(({ judgeSeconds }) => judgeSeconds ?? 0));
  const megabytes = Math.max(...exact.map((outcome) => outcome.megabytes));
  measureWidth(20);
  const widths = Array.from({ length: Number(options.repeats) }, () => ({
    few: measureWidth(20),
    many: measureWidth(1000),
  }));
  const width = median(widths.map(({ few, many }) => many / few));

  console.log(`${rows.toLocaleString("en")} rows a side, 16 numbers and 4 texts of 20 levels, seconds of CPU:`);
  console.log(`- exact: ${toFigure(exactSeconds)} s, at most ${toFigure(megabytes)} MB`);
  console.log(`- from rows against a stored reference: ${toFigure(profileSeconds)} s`);
  console.log(`- from stored counts of both: ${toFigure(judgeMs)} ms`);
  if (peer !== null) {
    const apart = Object.entries(peer.scores).map(([column, score]) => Math.abs(exact[0]!.scores[column]! / score - 1));
    console.log(
      `- Evidently: ${toFigure(peer.cpuSeconds)} s (${toFigure(peer.seconds)} s by the clock), at most ${toFigure(peer.megabytes)} MB`,
    );
    console.log(`- our ${apart.length} exact distances are Evidently's within ${Math.max(...apart).toExponential(1)}`);
  }
  const ratio = (seconds: number) => (peer === null ? null : peer.cpuSeconds / seconds);
  console.log(
    toBarTable([
      ratioBar("exact report, against Evidently", 25, ratio(exactSeconds)),
      ratioBar("report against a stored reference", 100, ratio(profileSeconds)),
      {
        figure: "memory of the exact report",
        bar: "< 500 MB",
        value: `${toFigure(megabytes)} MB`,
        met: megabytes < 500,
      },
      { figure: "1,000 columns against 20", bar: "≤ 60x", value: `${toFigure(width)}x`, met: width <= 60 },
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
