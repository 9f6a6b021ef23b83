import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCli } from "../test/lib/cli.ts";
import { createServer } from "../test/lib/running-server.ts";
import { root } from "../tools/layer-list.ts";
import { canPin } from "./lib/pin.ts";
import { readMemory } from "./lib/process-usage.ts";
import { runLoad } from "./lib/run-load.ts";
import { median, toCell, toFigure, toMarkdown } from "./lib/table.ts";

// How requests a second grow with `--http-workers`, and what an answer costs: N processes on N cores, the load on others.
// Where the machine has too few cores for that, more processes on the same core show what they cost, and rows marked
// "shared" what is left when the load takes its part of the cores.
//   npm run bench:http-workers -- [--workers 1,2,4] [--repeats 3] [--seconds 5] [--connections 64] [--load-cores N]
//                                 [--from source|tarball] [--model PATH --body JSON]
const cores = availableParallelism();
const { values: options } = parseArgs({
  options: {
    workers: { type: "string", default: "1,2,4,8,16" },
    repeats: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    connections: { type: "string", default: "64" },
    "load-cores": { type: "string", default: String(Math.max(1, Math.floor(cores / 2))) },
    from: { type: "string", default: "tarball" },
    model: { type: "string", default: join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx") },
    body: { type: "string", default: '{"X":[5.1,3.5,1.4,0.2]}' },
  },
});
const loadCores = Number(options["load-cores"]);
const request = { method: "POST", path: "/api/v1/endpoints/bench/predict", body: options.body };

interface Setting {
  readonly workers: number;
  readonly cores: readonly number[];
  /** The load runs on some of these cores, too. */
  readonly shared: boolean;
}

function listSettings(): Setting[] {
  const free = Array.from({ length: cores - loadCores }, (_, core) => core);
  const wanted = options.workers.split(",").map(Number);
  const fitting = wanted.filter((workers) => workers <= free.length);
  const settings = fitting.map((workers) => ({ workers, cores: free.slice(0, workers), shared: false }));
  if (free.length > 1) return settings;
  const all = Array.from({ length: cores }, (_, core) => core);
  return [
    ...settings,
    { workers: 2, cores: free, shared: false },
    ...[1, 2].map((workers) => ({ workers, cores: all, shared: true })),
  ];
}

interface Measured {
  readonly perSecond: number;
  readonly cpuUs: number;
  readonly p50: number;
  readonly p99: number;
  readonly failed: number;
  readonly pssMb: number;
}

/** The processes of a server, by their parent. */
function listFamily(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(text === "" ? [] : text.split(" ").map(Number))];
}

async function measure({ workers, cores: pinned }: Setting): Promise<Measured> {
  const { server, end } = createServer({
    from: options.from === "source" ? "source" : "tarball",
    prefix: canPin() ? ["taskset", "-c", pinned.join(",")] : [],
    args: ["--log-level", "error", "--http-workers", String(workers)],
  });
  try {
    await server.restart();
    const deployed = await runCli(["deploy", options.model, "--name", "bench"], {
      url: server.url,
      timeoutMs: 120_000,
    });
    if (deployed.code !== 0) throw new Error(`The deployment ended with ${deployed.code}: ${deployed.stderr}`);
    const family = listFamily(server.pid);
    const run = (durationMs: number) =>
      Promise.all(
        Array.from({ length: loadCores }, (_, index) =>
          runLoad({
            load: {
              url: server.url,
              requests: [request],
              connections: Number(options.connections) / loadCores,
              durationMs,
            },
            core: cores - 1 - index,
            // Once, whoever makes the load: all of it is in the same time.
            ...(index === 0 && { pid: family }),
          }),
        ),
      );
    // Each process compiles its own code as it gets hot.
    await run(5_000);
    const loads = await run(Number(options.seconds) * 1_000);
    const perSecond = loads.reduce((sum, load) => sum + load.perSecond, 0);
    return {
      perSecond,
      cpuUs: ((loads[0]?.cpuUs ?? Number.NaN) * (loads[0]?.perSecond ?? Number.NaN)) / perSecond,
      p50: Math.max(...loads.map(({ latencyUs }) => latencyUs.p50)),
      p99: Math.max(...loads.map(({ latencyUs }) => latencyUs.p99)),
      failed: loads.reduce((sum, load) => sum + load.failed, 0),
      pssMb: readMemory(family).pssBytes / 2 ** 20,
    };
  } finally {
    await end(false);
  }
}

const settings = listSettings();
const measured = new Map(settings.map((setting) => [setting, [] as Measured[]]));
for (let repeat = 0; repeat < Number(options.repeats); repeat++)
  for (const setting of settings) {
    const one = await measure(setting);
    measured.get(setting)?.push(one);
    console.error(`${setting.workers} on cores ${setting.cores.join()}: ${Math.round(one.perSecond)}/s`);
  }

const middle = (setting: Setting, of: (one: Measured) => number) => median((measured.get(setting) ?? []).map(of));
const single = middle(settings[0]!, (one) => one.perSecond);
console.log(
  `${cores} cores, ${loadCores} of them for the load; ${options.connections} connections, medians of ${options.repeats}.\n`,
);
console.log(
  toMarkdown([
    [
      "processes",
      "cores",
      "requests/s",
      "of one",
      "CPU an answer, µs",
      "requests/s a core could give",
      "p50 µs",
      "p99 µs",
      "memory, MB",
      "failed",
    ],
    ...settings.map((setting) => {
      const cpuUs = middle(setting, (one) => one.cpuUs);
      return [
        String(setting.workers),
        `${setting.cores.join(", ")}${setting.shared ? ", shared" : ""}`,
        toCell((measured.get(setting) ?? []).map((one) => one.perSecond)),
        `${toFigure(middle(setting, (one) => one.perSecond) / single)}x`,
        toCell((measured.get(setting) ?? []).map((one) => one.cpuUs)),
        toFigure(1e6 / cpuUs),
        toFigure(middle(setting, (one) => one.p50)),
        toFigure(middle(setting, (one) => one.p99)),
        toFigure(middle(setting, (one) => one.pssMb)),
        String(middle(setting, (one) => one.failed)),
      ];
    }),
  ]),
);
