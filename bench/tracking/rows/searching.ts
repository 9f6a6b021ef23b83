import type { Comparison } from "../../lib/table.ts";
import type { Bar } from "../../lib/bar.ts";
import { toBar, toRatios } from "../bars.ts";
import { mlflow } from "../client.ts";
import { byMetric, narrow, newest, wide, type Question } from "../content.ts";
import { give } from "../orders.ts";
import { say } from "../stage.ts";
import { compareLoad, loadFigures, takeTurns, type LoadSetting, type Row } from "./row.ts";

const pageSize = 100;

function toSearch(experiment: string, { filter, order_by }: Question, more: object = {}) {
  return { experiment_ids: [experiment], filter, order_by, max_results: pageSize, ...more };
}

/** One client that searches. */
export function toSetting(body: object): LoadSetting {
  const request = { method: "POST", path: mlflow("runs/search"), body: JSON.stringify(body) };
  return { connections: 1, content: { kind: "same", request } };
}

export const search: Row = {
  name: "search",
  title: "search, 100 of the runs: the filter is met by one in twenty",
  async run(stage) {
    const experiments = await stage.requireRuns();
    const comparisons: Comparison[] = [];
    for (const question of [narrow, newest]) {
      say(`${question.title}:`);
      comparisons.push(
        await compareLoad(stage, stage.peers, (server) => toSetting(toSearch(experiments.get(server)!, question))),
      );
    }
    const pair = { figure: "p50 ms", theirs: "MLflow", more: "worse" } as const;
    const figure = "search, 100 runs, filter on metric and param, order by metric: MLflow's p50 over ours";
    return { comparisons, bars: [toBar({ figure, atLeast: 40, unit: "x" }, toRatios(comparisons[0]!, pair))] };
  },
};

export const pages: Row = {
  name: "pages",
  title: "all runs through pages of 1,000, 1 client that parses the answers",
  async run(stage) {
    const experiments = await stage.requireRuns();
    const comparison = await takeTurns(stage, stage.peers, async (server) => {
      const body = toSearch(experiments.get(server)!, newest, { max_results: 1_000 });
      const target = { url: server.url, pids: server.pids() };
      const { seconds, cpuSeconds, runs } = await give({ kind: "walk", ...target, body });
      if (runs !== stage.settings.runs) throw new Error(`${server.name} gave ${runs} runs.`);
      return { seconds, "CPU seconds": cpuSeconds };
    });
    const pair = { figure: "seconds", theirs: "MLflow", more: "worse" } as const;
    const figure = "all runs through pages of 1,000: MLflow's time over ours";
    return { comparisons: [comparison], bars: [toBar({ figure, atLeast: 15, unit: "x" }, toRatios(comparison, pair))] };
  },
};

export const manyRuns: Row = {
  name: "many-runs",
  title: "search in many more runs, pages of 100: the first, the 10th and the 100th; Slipway alone",
  async run(stage) {
    const experiment = await stage.requireManyRuns();
    const { slipway } = stage;
    const comparisons: Comparison[] = [];
    const bars: Bar[] = [];
    for (const [name, question] of Object.entries({ newest, "by metric": byMetric, "filter, by metric": wide })) {
      const { tokens } = await give({
        kind: "walk",
        url: slipway.url,
        body: toSearch(experiment, question),
        pages: 100,
      });
      const peers: Record<string, Readonly<Record<string, readonly number[]>>> = {};
      for (const page of [1, 10, 100].filter((each) => each <= tokens.length)) {
        const token = tokens[page - 1] ?? null;
        const setting = toSetting(toSearch(experiment, question, token === null ? {} : { page_token: token }));
        const turns = await takeTurns(stage, [slipway], () => loadFigures(stage, slipway, setting));
        peers[`${name}, page ${page}`] = turns.peers[slipway.name]!;
      }
      comparisons.push({ peers });
      const all = Object.values(peers).map((figures) => figures["p50 ms"] ?? []);
      const worst = all.toSorted((a, b) => (b[0] ?? 0) - (a[0] ?? 0))[0] ?? [];
      bars.push(toBar({ figure: `${name}: p50 of the slowest page`, atMost: 50, unit: " ms" }, worst));
      const cost = Object.values(peers).map((figures) => figures["CPU ms a request"] ?? []);
      const [first = [], last = []] = [cost[0], cost.at(-1)];
      const flat = last.map((value, at) => value / first[at]!);
      bars.push(toBar({ figure: `${name}: CPU time of the last page over the first`, atMost: 1.5, unit: "x" }, flat));
    }
    return { comparisons, bars };
  },
};
