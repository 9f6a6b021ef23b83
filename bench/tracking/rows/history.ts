import type { Comparison } from "../../lib/table.ts";
import { toBar } from "../bars.ts";
import { mlflow } from "../client.ts";
import { give } from "../orders.ts";
import { say } from "../stage.ts";
import { loadFigures, takeTurns, type LoadSetting, type Row } from "./row.ts";

function toSetting(path: string): LoadSetting {
  return { connections: 1, content: { kind: "same", request: { method: "GET", path: mlflow(path) } } };
}

export const history: Row = {
  name: "history",
  title: "a metric with very many points in one run; Slipway alone",
  async run(stage) {
    const { slipway } = stage;
    const { points } = stage.settings;
    const [run = ""] = await stage.createRuns(slipway, 1);
    const order = { kind: "points", url: slipway.url, pids: slipway.pids(), run, key: "loss", count: points } as const;
    const { seconds, cpuSeconds } = await give(order);
    say(`${points} points by log-batch in ${seconds.toFixed(1)} s, ${cpuSeconds.toFixed(1)} s of CPU.`);
    const metric = `metric_key=loss&max_results=`;
    const turns = {
      "first page, 1,000 points": toSetting(`metrics/get-history?run_id=${run}&${metric}1000`),
      "first page, 25,000 points (what the client asks for)": toSetting(
        `metrics/get-history?run_id=${run}&${metric}25000`,
      ),
      "bulk interval, 2,500 points": toSetting(`metrics/get-history-bulk-interval?run_ids=${run}&${metric}2500`),
      "bulk interval of a tenth, 2,500 points": toSetting(
        `metrics/get-history-bulk-interval?run_ids=${run}&${metric}2500&start_step=0&end_step=${points / 10}`,
      ),
    };
    const peers: Record<string, Readonly<Record<string, readonly number[]>>> = {};
    for (const [name, setting] of Object.entries(turns)) {
      const comparison: Comparison = await takeTurns(stage, [slipway], () => loadFigures(stage, slipway, setting));
      peers[name] = comparison.peers[slipway.name]!;
    }
    const bars = Object.entries(peers).map(([name, figures]) =>
      toBar(
        { figure: `${name}: p50`, atMost: name.startsWith("bulk") ? 200 : 50, unit: " ms" },
        figures["p50 ms"] ?? [],
      ),
    );
    return { comparisons: [{ peers }], bars };
  },
};
