import { parseArgs } from "node:util";
import { slowModel } from "../test/lib/models.ts";
import { canPin } from "./lib/pin.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway } from "./lib/slipway-peer.ts";
import { alternate, median, toFigure, toTable } from "./lib/table.ts";

// Twice what a model can do, every answer on record: what is still answered in time, how soon the rest is refused, and whether
// the server can still be asked how it is.
//   npm run bench:overload -- [--repeats 5] [--seconds 6] [--deadline 200] [--size 450] [--times 2] [--cores 0]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "6" },
    /** Milliseconds, of each request. */
    deadline: { type: "string", default: "200" },
    /** Of the model's matrix; 450 is about 3 ms a run. */
    size: { type: "string", default: "450" },
    /** Of the server: `0`, or `0,1`, where it shares the second one with the load. */
    cores: { type: "string", default: "0" },
    /** Of its capacity. */
    times: { type: "string", default: "2" },
  },
});
const durationMs = Number(options.seconds) * 1_000;
const deadlineMs = Number(options.deadline);

const prefix = canPin() ? ["taskset", "-c", options.cores] : [];
const slipway = await startSlipway(slowModel(Number(options.size)), [], { prefix });
const { url, pid } = slipway;
const request = {
  method: "POST",
  path: "/endpoints/bench/predict",
  body: '{"X":[[1]]}',
  headers: { "x-slipway-timeout-ms": options.deadline },
};
const health = { method: "GET", path: "/health/live" };

async function capacity(): Promise<number> {
  const { perSecond } = await runLoad({ load: { url, requests: [request], connections: 4, durationMs }, pid });
  return perSecond;
}

async function measure(): Promise<Record<string, number>> {
  const most = await capacity();
  const perSecond = Math.round(most * Number(options.times));
  const open = { url, requests: [request], durationMs, perSecond, arrivals: "poisson" as const };
  const [load, live] = await Promise.all([
    runLoad({ load: { ...open, connections: 1_000, sloMs: deadlineMs }, pid }),
    runLoad({ load: { url, requests: [health], connections: 4, durationMs, perSecond: 50 } }),
  ]);
  const admitted = load.due - (load.outcomes["503"] ?? 0);
  return {
    "capacity, answers/s": most,
    "asked, requests/s": perSecond,
    "in time/s": load.withinSlo / load.seconds,
    "goodput, % of capacity": (100 * load.withinSlo) / load.seconds / most,
    "admitted and not in time, %": (100 * (admitted - load.withinSlo)) / Math.max(1, admitted),
    "admitted p50 ms": load.latencyUs.p50 / 1_000,
    "admitted p99 ms": load.latencyUs.p99 / 1_000,
    "refused p50 ms": load.refusalUs.p50 / 1_000,
    "refused p99 ms": load.refusalUs.p99 / 1_000,
    "/health/live p99 ms": live.latencyUs.p99 / 1_000,
    "late sends of the load, %": (100 * load.generatorLate) / Math.max(1, load.due),
  };
}

try {
  console.log(
    canPin() ? `Server on core ${options.cores}, load on core 1.` : "Not pinned: server and load share the cores.",
  );
  const result = await alternate(Number(options.repeats), { slipway: measure });
  console.log(`\n${options.times} x capacity, deadline ${deadlineMs} ms, ${options.repeats} x ${options.seconds} s:\n`);
  console.log(`${toTable(result)}\n`);
  const figure = (name: string) => median(result.peers["slipway"]?.[name] ?? [Number.NaN]);
  const [goodput, p99] = [figure("goodput, % of capacity"), figure("admitted p99 ms")];
  console.log(`goodput: ${toFigure(goodput)} % of capacity (bar: at least 95)`);
  console.log(`p99 of the admitted: ${toFigure(p99)} ms (bar: within the deadline of ${deadlineMs} ms)`);
  console.log(`refusals: p99 ${toFigure(figure("refused p99 ms"))} ms (bar: at most 10)`);
  console.log(`/health/live: p99 ${toFigure(figure("/health/live p99 ms"))} ms (bar: at most 20)`);
} finally {
  await slipway.end();
}
process.exit();
