import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPythonEnvironment } from "../test/lib/python-environment.ts";
import { root } from "../tools/layer-list.ts";
import { canPin } from "./lib/pin.ts";
import { alternate, median, toFigure, toTable } from "./lib/table.ts";
import { askBare, measureBare } from "./python/bare.ts";
import { demandLessCpu, demandOverPeers, toBars, type Demand } from "./python/bars.ts";
import { measureLife } from "./python/life.ts";
import { listPythonVariants } from "./python/slipway-variants.ts";
import { makePythonWorks, type PythonWork } from "./python/works.ts";
import { toBarTable } from "./lib/bar.ts";
import { names } from "./serving/bars.ts";
import { findChosen, readChoices } from "./serving/choice.ts";
import { admit } from "./serving/contest.ts";
import { measureMost, type Contestant } from "./serving/measure.ts";
import { bentoml } from "./serving/peers/bentoml.ts";
import { fastapi } from "./serving/peers/fastapi.ts";
import { litserve } from "./serving/peers/litserve.ts";
import { mlflow } from "./serving/peers/mlflow.ts";
import { createMlserver } from "./serving/peers/mlserver.ts";
import { peersFolder, type Peer } from "./serving/peers/peer.ts";
import { ray } from "./serving/peers/ray.ts";
import type { Answer } from "./serving/question.ts";
import type { Variant } from "./serving/variant.ts";
import { hasWrk } from "./serving/wrk.ts";

// scikit-learn in processes of Slipway against the Python servers for models and against scikit-learn in a loop, and the ONNX translation
// of a forest. How it is made: bench/README.md.
//   npm run bench:python -- [--peers mlserver,bentoml,ray,litserve,mlflow,fastapi] [--work iris,batch,forest,life]
//                           [--repeats 3] [--seconds 3] [--connections 32] [--from tarball|source]
const { values: options } = parseArgs({
  options: {
    peers: { type: "string", default: "mlserver,bentoml,ray,litserve,mlflow,fastapi" },
    work: { type: "string", default: "iris,batch,forest,life" },
    repeats: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
    from: { type: "string", default: "tarball" },
  },
});

const peersOf: Readonly<Record<string, Peer>> = {
  mlserver: createMlserver("http"),
  bentoml,
  ray,
  litserve,
  mlflow,
  fastapi,
};

const from = options.from === "source" ? "source" : "tarball";
const repeats = Number(options.repeats);
const seconds = Number(options.seconds);
const folder = mkdtempSync(join(tmpdir(), "slipway-python-"));
const measure = { seconds, connections: Number(options.connections), room: folder };
const named = options.peers.split(",").filter((name) => name !== "");

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A peer's variants of scikit-learn; none where its environment cannot be built. */
async function listPeerVariants(name: string, work: PythonWork): Promise<readonly Variant[]> {
  const peer = peersOf[name];
  if (peer === undefined) throw new Error(`--peers are ${Object.keys(peersOf).join(", ")}.`);
  const bin = await findPythonEnvironment(join(peersFolder, name, "requirements.txt"));
  if (bin === null) return [];
  const room = join(folder, name);
  mkdirSync(room, { recursive: true });
  return peer.variants({ work, bin, room });
}

interface Entry {
  readonly name: string;
  readonly variants: readonly Variant[];
}

/** Starts all that answer as scikit-learn itself does. */
async function startAll(
  work: PythonWork,
  entries: readonly Entry[],
  ours: readonly Answer[],
): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = [];
  for (const { name, variants } of entries) {
    const variant = findChosen(readChoices(), { work: work.name, peer: name, variants });
    try {
      if (variant === null) throw new Error("its environment cannot be built here");
      contestants.push((await admit(name, variant, { work, ours })).contestant);
      say(`- ${name}: ${variant.name}; answers as scikit-learn does`);
    } catch (error) {
      if (name === names.slipway) throw error;
      say(`- ${name}: left out. ${error instanceof Error ? error.message.slice(0, 1_500) : String(error)}`);
    }
  }
  return contestants;
}

interface Contest {
  readonly peers: readonly string[];
  readonly python: string;
}

/** Closed loops in turn. */
async function compete(work: PythonWork, { peers, python }: Contest) {
  say(`\n## ${work.name}: ${work.title}\n`);
  const entries: Entry[] = [{ name: names.slipway, variants: listPythonVariants(work, from) }];
  for (const name of peers)
    entries.push({ name: peersOf[name]?.name ?? name, variants: await listPeerVariants(name, work) });
  const contestants = await startAll(work, entries, await askBare(work, { python, room: folder }));
  try {
    const most = await alternate(repeats, {
      ...Object.fromEntries(contestants.map((one) => [one.name, () => measureMost(one, work.questions[0], measure)])),
      [names.bare]: async () => toBareFigures(work, python),
    });
    say(`\nClosed loop, ${measure.connections} connections, ${repeats} x ${seconds} s:\n\n${toTable(most)}`);
    return most;
  } finally {
    await Promise.all(contestants.map(({ server }) => server.stop()));
  }
}

async function toBareFigures(work: PythonWork, python: string) {
  const bare = await measureBare(work, { python, room: folder, seconds: Math.min(2, seconds) });
  const { rows } = work.questions[0];
  return {
    "req/s": bare.rowsPerSecond / rows,
    "CPU µs a request": bare.cpuUs,
    "p50 µs": bare.runUs,
    "req/s at its best batch": bare.bestRowsPerSecond / rows,
    "rows in that batch": bare.bestBatch,
  };
}

async function compareBatches(work: PythonWork, python: string): Promise<readonly Demand[]> {
  const { peers } = await compete(work, { peers: [], python });
  const of = (peer: string, figure: string) => peers[peer]?.[figure] ?? [];
  const over = (figure: string) => of(names.slipway, "req/s").map((rate, at) => rate / of(names.bare, figure)[at]!);
  const batch = toFigure(median(of(names.bare, "rows in that batch")));
  return [
    {
      figure: `${work.name}: rows/s over scikit-learn alone on the same rows, same core`,
      bar: "≥ 0.95",
      values: over("req/s"),
    },
    {
      figure: `${work.name}: rows/s over scikit-learn alone at its best batch of ${batch}, same core`,
      bar: "≥ 0.95",
      values: over("req/s at its best batch"),
    },
  ];
}

async function compareForest(work: PythonWork, python: string): Promise<readonly Demand[]> {
  const most = await compete(work, { peers: ["fastapi"], python });
  return [demandLessCpu(most, fastapi.name)];
}

async function live(work: PythonWork, python: string): Promise<readonly Demand[]> {
  say("\n## An environment and a model process from their start\n");
  const found = await measureLife(work, { python, repeats: Math.max(3, repeats), from });
  say(toTable(found));
  const after = (what: string) =>
    (found.peers[what]?.["ms"] ?? []).map(
      (ms, at) => Math.max(0, ms - found.peers["imports alone"]!["ms"]![at]!) / 1_000,
    );
  const seconds = (what: string) => (found.peers[what]?.["ms"] ?? []).map((ms) => ms / 1_000);
  return [
    { figure: "cached environment ready", bar: "≤ 5 s", values: seconds("environment there") },
    { figure: "model process ready after its imports", bar: "≤ 1.5 s", values: after("model process ready") },
    { figure: "killed model process replaced, after its imports", bar: "≤ 2 s", values: after("killed one replaced") },
  ];
}

async function main(): Promise<void> {
  say(canPin() ? "Servers on core 0, load on core 1." : "Not pinned: servers and load share the cores.");
  say(hasWrk() ? "Closed loops by wrk." : "There is no wrk: closed loops by our own load.");
  const bin = await findPythonEnvironment(join(root, "test/interop/frameworks/requirements.txt"));
  if (bin === null) throw new Error("The environment of test/interop/frameworks cannot be built here.");
  const python = join(bin, "python");
  const works = await makePythonWorks(join(folder, "models"), python);
  const parts: Readonly<Record<string, () => Promise<readonly Demand[]>>> = {
    iris: async () => [demandOverPeers(await compete(works.iris, { peers: named, python }))],
    batch: async () => {
      const demands: Demand[] = [];
      for (const work of [works.forestBatch, works.mlpBatch, works.wideBatch])
        demands.push(...(await compareBatches(work, python)));
      return demands;
    },
    forest: () => compareForest(works.forest, python),
    life: () => live(works.iris, python),
  };
  const demands: Demand[] = [];
  for (const name of options.work.split(",")) {
    const part = parts[name];
    if (part === undefined) throw new Error(`--work is some of ${Object.keys(parts).join(", ")}.`);
    demands.push(...(await part()));
  }
  say(`\n## Bars\n\n${toBarTable(toBars(demands))}`);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
