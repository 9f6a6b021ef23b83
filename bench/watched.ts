import { join } from "node:path";
import { parseArgs } from "node:util";
import { createClient } from "@slipway/sdk";
import { root } from "../tools/layer-list.ts";
import { toBarTable } from "./lib/bar.ts";
import { canPin } from "./lib/pin.ts";
import { runLoad } from "./lib/run-load.ts";
import { startSlipway } from "./lib/slipway-peer.ts";
import { alternate, median, ratios, toFigure, toTable } from "./lib/table.ts";

// What being watched costs the predictions: the most that a server on one core answers, with `monitor: off` and with the defaults.
//   npm run bench:watched -- [--repeats 5] [--seconds 12] [--connections 32]
const { values: options } = parseArgs({
  options: {
    repeats: { type: "string", default: "5" },
    seconds: { type: "string", default: "12" },
    connections: { type: "string", default: "32" },
  },
});

const flight = { origin: "ORD", destination: "LGA", hour: 18, weekday: 5, distance: 733, origin_late_3h: 0.4 };
const request = { method: "POST", path: "/api/v1/endpoints/bench/predict", body: JSON.stringify(flight) };

const server = await startSlipway(join(root, "examples/flight-delays/v2"));
try {
  const client = createClient({ url: server.url });
  const measure = async (monitor: "off" | object) => {
    await client.endpoints.apply("bench", { slipway: 1, name: "bench", monitor });
    const load = {
      url: server.url,
      requests: [request],
      connections: Number(options.connections),
      durationMs: Number(options.seconds) * 1000,
    };
    const { perSecond, failed, cpuUs } = await runLoad({ load, pid: server.pid });
    if (failed > 0) throw new Error(`${failed} requests failed.`);
    return { "requests a second": perSecond, "CPU µs a request": cpuUs ?? Number.NaN };
  };
  console.log(canPin() ? "Server on core 0, load on core 1." : "Not pinned: all share the cores.");
  await measure("off");
  const result = await alternate(Number(options.repeats), { off: () => measure("off"), watched: () => measure({}) });
  console.log(`\n${toTable(result)}\n`);
  const ratio = median(ratios(result, { figure: "requests a second", of: "watched", to: "off" }));
  console.log(
    toBarTable([
      {
        figure: "serving throughput while watched, against monitor: off",
        bar: "≥ 0.95",
        value: toFigure(ratio),
        met: ratio >= 0.95,
      },
    ]),
  );
} finally {
  await server.end();
}
process.exit();
