import { join } from "node:path";
import { runCli } from "../../../test/lib/cli.ts";
import { root } from "../../../tools/layer-list.ts";
import { runLoad } from "../../lib/run-load.ts";
import { toBar } from "../bars.ts";
import { wide } from "../content.ts";
import { give } from "../orders.ts";
import { say } from "../stage.ts";
import { takeTurns, type Row } from "./row.ts";
import { toSetting } from "./searching.ts";

const model = join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx");
const request = { method: "POST", path: "/api/v1/endpoints/bench/predict", body: '{"X":[5.1,3.5,1.4,0.2]}' };
const connections = 64;

export const predictions: Row = {
  name: "predictions",
  title: "predictions at half load while somebody searches in many runs; Slipway alone",
  async run(stage) {
    const { slipway, settings } = stage;
    const experiment = await stage.requireManyRuns();
    const deploy = await runCli(["deploy", model, "--name", "bench"], { url: slipway.url, timeoutMs: 120_000 });
    if (deploy.code !== 0) throw new Error(`\`slipway deploy\` ended with ${deploy.code}: ${deploy.stderr}`);
    const durationMs = settings.seconds * 1_000;
    const load = { url: slipway.url, requests: [request], durationMs };
    const most = await runLoad({ load: { ...load, connections: connections / 2 } });
    if (most.failed > 0) throw new Error(`Predictions failed: ${JSON.stringify(most.outcomes)}.`);
    const perSecond = settings.rate ?? Math.round(most.perSecond / 2);
    say(`Maximum ${Math.round(most.perSecond)} predictions a second; ${perSecond} are offered, Poisson.`);
    const predict = () => runLoad({ load: { ...load, connections, perSecond, arrivals: "poisson" } });
    const body = { experiment_ids: [experiment], filter: wide.filter, order_by: wide.order_by, max_results: 100 };
    const comparison = await takeTurns(stage, [slipway], async () => {
      const quiet = await predict();
      const over = Promise.withResolvers<void>();
      const order = { kind: "load", url: slipway.url, ...toSetting(body), seconds: 3_600, warmUpSeconds: 0 } as const;
      const searching = give(order, { until: over.promise });
      const busy = await predict();
      over.resolve();
      const searches = await searching;
      return {
        "quiet p50 µs": quiet.latencyUs.p50,
        "p50 µs": busy.latencyUs.p50,
        "quiet p99 µs": quiet.latencyUs.p99,
        "p99 µs": busy.latencyUs.p99,
        "p99 over the quiet one": busy.latencyUs.p99 / quiet.latencyUs.p99,
        failed: quiet.failed + busy.failed + searches.failed,
        "searches/s": searches.perSecond,
        "search p50 ms": searches.p50Ms,
      };
    });
    const ratios = comparison.peers[slipway.name]?.["p99 over the quiet one"] ?? [];
    const figure = "predictions at half load while somebody searches: p99 over the quiet one";
    return { comparisons: [comparison], bars: [toBar({ figure, atMost: 2, unit: "x" }, ratios)] };
  },
};
