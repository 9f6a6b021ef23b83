import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPythonEnvironment } from "../test/lib/python-environment.ts";
import { root } from "../tools/layer-list.ts";
import { canPin } from "./lib/pin.ts";
import { toTable } from "./lib/table.ts";
import { toBarTable, type Bar } from "./lib/bar.ts";
import { toRatioLine } from "./tracking/bars.ts";
import { artifacts } from "./tracking/rows/artifacts.ts";
import { history } from "./tracking/rows/history.ts";
import { logBatch, logMetric } from "./tracking/rows/logging.ts";
import { memory } from "./tracking/rows/memory.ts";
import { predictions } from "./tracking/rows/predictions.ts";
import type { Row } from "./tracking/rows/row.ts";
import { manyRuns, pages, search } from "./tracking/rows/searching.ts";
import { versions } from "./tracking/rows/versions.ts";
import { openStage, say, type Settings, type Stage } from "./tracking/stage.ts";

// Tracking, artifacts and registry over MLflow's API: Slipway and the real `mlflow server` on SQLite, in turn, by the same load.
//   npm run bench:tracking -- [--rows log-metric,search] [--repeats 3] [--seconds 5] [--runs 10000] [--many-runs 100000]
//                             [--points 1000000] [--versions 10000] [--mb 1000] [--rate 2000] [--cores 1|2] [--from tarball|source]
//                             [--peers slipway,mlflow] [--keep FOLDER]
const { values: options } = parseArgs({
  options: {
    rows: { type: "string" },
    repeats: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    runs: { type: "string", default: "10000" },
    "many-runs": { type: "string", default: "100000" },
    points: { type: "string", default: "1000000" },
    versions: { type: "string", default: "10000" },
    mb: { type: "string", default: "1000" },
    /** Predictions a second, where half of the maximum is more than a machine with other work has. */
    rate: { type: "string" },
    cores: { type: "string", default: "1" },
    from: { type: "string", default: "tarball" },
    peers: { type: "string", default: "slipway,mlflow" },
    /** Where the data stays, to be used again. */
    keep: { type: "string" },
  },
});

// Those on the data set that both have come before Slipway gets the larger one.
const rows: readonly Row[] = [
  logMetric,
  logBatch,
  search,
  pages,
  memory,
  artifacts,
  versions,
  history,
  manyRuns,
  predictions,
];

const settings: Settings = {
  repeats: Number(options.repeats),
  seconds: Number(options.seconds),
  runs: Number(options.runs),
  manyRuns: Number(options["many-runs"]),
  points: Number(options.points),
  versions: Number(options.versions),
  bytes: Number(options.mb) * 1e6,
  rate: options.rate === undefined ? null : Number(options.rate),
  cores: options.cores === "2" ? 2 : 1,
  from: options.from === "source" ? "source" : "tarball",
  peers: options.peers.split(","),
};

function chooseRows(): readonly Row[] {
  const wanted = options.rows?.split(",") ?? rows.map(({ name }) => name);
  const unknown = wanted.filter((each) => !rows.some(({ name }) => name === each));
  if (unknown.length > 0) throw new Error(`--rows are some of ${rows.map(({ name }) => name).join(", ")}.`);
  return rows.filter(({ name }) => wanted.includes(name));
}

async function findMlflow(): Promise<string | null> {
  if (!settings.peers.includes("mlflow")) return null;
  const bin = await findPythonEnvironment(join(root, "test/interop/mlflow/requirements.txt"));
  if (bin === null) say("MLflow is left out: its environment cannot be built here.");
  return bin;
}

async function runRow(stage: Stage, row: Row): Promise<readonly Bar[]> {
  say(`\n## ${row.name}: ${row.title}\n`);
  try {
    const { comparisons, bars } = await row.run(stage);
    for (const comparison of comparisons) {
      say(`\n${toTable(comparison)}`);
      for (const peer of Object.keys(comparison.peers).filter((name) => name.startsWith("MLflow")))
        say(`\nSlipway against ${peer}: ${toRatioLine(comparison, peer)}`);
    }
    return bars;
  } catch (error) {
    // The other rows are worth their time.
    say(`It could not be measured: ${error instanceof Error ? error.message : String(error)}`);
    return [{ figure: row.title, bar: "", value: "could not be measured", met: false }];
  }
}

async function main(): Promise<void> {
  const chosen = chooseRows();
  const bin = await findMlflow();
  const pinned = settings.cores === 1 && canPin();
  say(
    pinned ? "Each server on core 0, the load on core 1." : "Each server on all cores, which it shares with the load.",
  );
  if (bin !== null) say("`mlflow server` with one worker; with four, its default, where several clients ask at once.");
  const room = options.keep ?? mkdtempSync(join(tmpdir(), "slipway-tracking-"));
  mkdirSync(room, { recursive: true });
  const stage = await openStage(room, settings, bin);
  const bars: Bar[] = [];
  try {
    for (const row of chosen) bars.push(...(await runRow(stage, row)));
  } finally {
    await stage.end();
    if (options.keep === undefined) rmSync(room, { recursive: true, force: true });
  }
  say(`\n## Bars\n\n${toBarTable(bars)}`);
}

await main();
process.exit();
