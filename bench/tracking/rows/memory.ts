import { pause } from "../../serving/running-program.ts";
import { toBar } from "../bars.ts";
import { newest } from "../content.ts";
import { toMemoryFigures, watchMemory } from "../memory.ts";
import { give } from "../orders.ts";
import { takeTurns, type Row } from "./row.ts";

const settleMs = 2_000;

export const memory: Row = {
  name: "memory",
  title: "memory after a start, and after a search that gives all runs at once",
  async run(stage) {
    const experiments = await stage.requireRuns();
    const comparison = await takeTurns(stage, stage.peers, async (server) => {
      await server.restart();
      await pause(settleMs);
      const idle = toMemoryFigures(server.pids(), "idle");
      const watched = watchMemory(server.pids());
      const body = { experiment_ids: [experiments.get(server)!], order_by: newest.order_by, max_results: 50_000 };
      const { runs, seconds } = await give({ kind: "walk", url: server.url, body });
      if (runs !== stage.settings.runs) throw new Error(`${server.name} gave ${runs} runs.`);
      const highest = watched.stop() / 1e6 + idle["RSS idle, MB"]!;
      await pause(settleMs);
      const after = toMemoryFigures(server.pids(), "after the search");
      return { ...idle, "search, seconds": seconds, "RSS at its highest, MB": highest, ...after };
    });
    const ours = comparison.peers[stage.slipway.name] ?? {};
    const bars = [
      toBar({ figure: "RSS idle", atMost: 120, unit: " MB" }, ours["RSS idle, MB"] ?? []),
      toBar({ figure: "RSS after the search", atMost: 200, unit: " MB" }, ours["RSS after the search, MB"] ?? []),
    ];
    return { comparisons: [comparison], bars };
  },
};
