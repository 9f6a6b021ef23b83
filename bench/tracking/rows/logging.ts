import { median } from "../../lib/table.ts";
import { toBar, toRatios, type RowResult } from "../bars.ts";
import type { Stage } from "../stage.ts";
import { compareLoad, type Row } from "./row.ts";

/** More steps than a connection logs in a turn. */
const stepsATurn = 10_000_000;

async function compareLogging(stage: Stage, kind: "metric" | "batch", connections: number): Promise<RowResult> {
  // Workers share the lock of SQLite, but not the interpreter's.
  const more = kind === "metric" ? await stage.startMoreWorkers(4) : null;
  const peers = [...stage.peers, ...(more === null ? [] : [more])];
  const runs = new Map<string, readonly string[]>();
  for (const peer of peers) runs.set(peer.name, await stage.createRuns(peer, connections));
  const comparison = await compareLoad(stage, peers, ({ name }, repeat) => ({
    connections,
    content: { kind, runs: runs.get(name)!, from: repeat * stepsATurn },
  }));
  await more?.stop();
  const best = (figure: string, direction: "better" | "worse") =>
    peers
      .filter((peer) => peer !== stage.slipway)
      .map(({ name }) => toRatios(comparison, { figure, theirs: name, more: direction }))
      .toSorted((a, b) => median(a) - median(b))[0] ?? [];
  const bar =
    kind === "metric"
      ? toBar(
          { figure: `log-metric, ${connections} clients: requests/s over the faster MLflow's`, atLeast: 40, unit: "x" },
          best("requests/s", "better"),
        )
      : toBar(
          { figure: "log-batch of 1,000 metrics: MLflow's p50 over ours", atLeast: 20, unit: "x" },
          best("p50 ms", "worse"),
        );
  return { comparisons: [comparison], bars: [bar] };
}

export const logMetric: Row = {
  name: "log-metric",
  title: "log-metric, 8 clients, a run each",
  run: (stage) => compareLogging(stage, "metric", 8),
};

export const logBatch: Row = {
  name: "log-batch",
  title: "log-batch of 1,000 metrics (10 keys, 100 steps), 1 client",
  run: (stage) => compareLogging(stage, "batch", 1),
};
