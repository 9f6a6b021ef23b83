import { existsSync, readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { createClient } from "@slipway/sdk";
import { deploy } from "../test/lib/deploy.ts";
import { scaledMatrix } from "../test/lib/models.ts";
import { toBarTable } from "./lib/bar.ts";
import { canPin } from "./lib/pin.ts";
import { parseCpuUs } from "./lib/process-usage.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway } from "./lib/slipway-peer.ts";
import { alternate, median, ratios, toFigure, toTable } from "./lib/table.ts";

// What a shadow costs the predictions: the most that a server on one core answers with its traffic divided three ways, and with 10 % of it repeated by a
// fourth version. The shadow's own compute, in a thread of the lowest priority on the same core, is counted apart.
//   npm run bench:shadow -- [--repeats 5] [--seconds 10] [--connections 32] [--from tarball|source]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "32" },
    from: { type: "string", default: "tarball" },
  },
});

const lowest = 19;
const body = JSON.stringify({ X: [1, 2, 3, 4] });
const request = { method: "POST", path: "/api/v1/endpoints/bench/predict", body };
const arms = [
  { version: 2, share: 1000 },
  { version: 3, share: 1000 },
];

const from = options.from === "source" ? "source" : "tarball";
const server = await startSlipway(scaledMatrix(1), [], { from });
try {
  const client = createClient({ url: server.url });
  for (const factor of [2, 3, 4]) await deploy(server.url, scaledMatrix(factor), { name: "bench", traffic: false });

  const look = async () => (await client.endpoints.traffic("bench")).shadows[0];

  const whenReady = async () => {
    while ((await look())?.state !== "ready") await new Promise((resolve) => setTimeout(resolve, 50));
  };

  const measure = async (share: number) => {
    const shadows = share === 0 ? [] : [{ version: 4, share }];
    await client.endpoints.setTraffic("bench", { arms, shadows });
    if (share > 0) await whenReady();
    const before = { shadow: await look(), cpuUs: readBackgroundUs(server.pid), loopUs: await readLoopUs(server.url) };
    const durationMs = Number(options.seconds) * 1000;
    const load = { url: server.url, requests: [request], connections: Number(options.connections), durationMs };
    const { perSecond, failed, cpuUs } = await runLoad({ load, pid: server.pid });
    if (failed > 0) throw new Error(`${failed} requests failed.`);
    const shadow = await look();
    // What was drawn tells of all requests, those of the warm-up too.
    const drawn = share === 0 ? 0 : (shadow?.sampled ?? 0) - (before.shadow?.sampled ?? 0);
    const ownUs = drawn === 0 ? 0 : ((readBackgroundUs(server.pid) - before.cpuUs) * share) / 10_000 / drawn;
    const dropped = Object.values(shadow?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
    return {
      "requests a second": perSecond,
      // Which is what a core answers in a second that is not taken for anything else.
      "requests a CPU second, compute aside": 1e6 / ((cpuUs ?? Number.NaN) - ownUs),
      "compute of the shadow, µs a request": ownUs,
      "the event loop's time, µs a shadow": drawn === 0 ? 0 : ((await readLoopUs(server.url)) - before.loopUs) / drawn,
      "shadows, % of the requests": share === 0 ? 0 : (share / 100) * (1 - dropped / Math.max(1, shadow?.sampled ?? 0)),
    };
  };

  console.log(canPin() ? "Server on core 0, load on core 1." : "Not pinned: all share the cores.");
  await measure(1000);
  const result = await alternate(Number(options.repeats), {
    "three arms": () => measure(0),
    "and a shadow of 10 %": () => measure(1000),
  });
  console.log(`\n${toTable(result)}\n`);
  const pair = { of: "and a shadow of 10 %", to: "three arms" } as const;
  const aside = median(ratios(result, { figure: "requests a CPU second, compute aside", ...pair }));
  const whole = median(ratios(result, { figure: "requests a second", ...pair }));
  console.log(
    toBarTable([
      {
        figure: "throughput with a 10 % shadow, its own compute aside",
        bar: "≥ 0.97",
        value: toFigure(aside),
        met: aside >= 0.97,
      },
      { figure: "the same with its compute on the same core", bar: "", value: toFigure(whole), met: null },
    ]),
  );
} finally {
  await server.end();
}
process.exit();

/** What the shadows of the process that still are have taken of the event loop, as it counts itself. */
async function readLoopUs(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return 1e6 * Number(/^slipway_shadow_loop_seconds_total\{.*\} (\S+)$/m.exec(text)?.[1] ?? 0);
}

/** CPU time of the threads of a process that have the lowest priority, microseconds. Linux only. */
function readBackgroundUs(pid: number): number {
  let sum = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const file = `/proc/${pid}/task/${thread}/stat`;
    // A thread may end after it was listed; the shadow's lives on.
    if (!existsSync(file)) continue;
    const stat = readFileSync(file, "utf8");
    const nice = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
    if (nice === lowest) sum += parseCpuUs(stat);
  }
  return sum;
}
