import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findPythonEnvironment } from "../test/lib/python-environment.ts";
import { canPin } from "./lib/pin.ts";
import { toFigure, toTable } from "./lib/table.ts";
import { toBarTable } from "./lib/bar.ts";
import { listBars, names, type WorkResult } from "./serving/bars.ts";
import { findChosen, mergeChoice, readChoices, writeChoices } from "./serving/choice.ts";
import { admit, admitEcho, contest } from "./serving/contest.ts";
import { measureMost, type Contestant } from "./serving/measure.ts";
import { bentoml } from "./serving/peers/bentoml.ts";
import { fastapi } from "./serving/peers/fastapi.ts";
import { litserve } from "./serving/peers/litserve.ts";
import { mlflow } from "./serving/peers/mlflow.ts";
import { createMlserver } from "./serving/peers/mlserver.ts";
import { peersFolder, type Peer } from "./serving/peers/peer.ts";
import { ray } from "./serving/peers/ray.ts";
import { listSlipwayVariants, oipWay } from "./serving/peers/slipway.ts";
import type { Answer } from "./serving/question.ts";
import { ask, type Variant } from "./serving/variant.ts";
import { makeWorks, workNames, type Work } from "./serving/works.ts";
import { hasWrk } from "./serving/wrk.ts";

// Slipway, with its prediction log on, against the Python servers for models. How it is made and how each peer is set
// up: bench/README.md.
//   npm run bench:serving -- [--peers mlserver,bentoml,ray,litserve,mlflow,fastapi] [--work iris,flights,mlp,mlp64,convolution]
//                            [--protocols http,grpc] [--repeats 3] [--seconds 3] [--connections 32] [--from tarball|source]
//   npm run bench:serving -- --choose   tries all variants of each peer shortly, and keeps the best in bench/serving/choice.json
const { values: options } = parseArgs({
  options: {
    peers: { type: "string", default: "mlserver,bentoml,ray,litserve,mlflow,fastapi" },
    work: { type: "string", default: workNames.join(",") },
    protocols: { type: "string", default: "http,grpc" },
    repeats: { type: "string", default: "3" },
    seconds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
    from: { type: "string", default: "tarball" },
    choose: { type: "boolean", default: false },
  },
});

const peersOf: Readonly<Record<string, { readonly http: Peer; readonly grpc?: Peer }>> = {
  mlserver: { http: createMlserver("http"), grpc: createMlserver("grpc") },
  bentoml: { http: bentoml },
  ray: { http: ray },
  litserve: { http: litserve },
  mlflow: { http: mlflow },
  fastapi: { http: fastapi },
};

const from = options.from === "source" ? "source" : "tarball";
const repeats = Number(options.repeats);
const protocols = options.protocols.split(",");
const folder = mkdtempSync(join(tmpdir(), "slipway-serving-"));
const measure = { seconds: Number(options.seconds), connections: Number(options.connections), room: folder };
/** Folder of a peer -> `bin` of its environment; those that cannot be built are left out, which is said. */
const bins = new Map<string, string>();

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function toReason(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 1_500) : String(error);
}

async function buildEnvironments(): Promise<void> {
  for (const name of options.peers.split(",").filter((each) => each !== "")) {
    if (peersOf[name] === undefined) throw new Error(`--peers are ${Object.keys(peersOf).join(", ")}.`);
    const bin = await findPythonEnvironment(join(peersFolder, name, "requirements.txt"));
    if (bin === null) say(`${name} is left out: its environment cannot be built here.`);
    else bins.set(name, bin);
  }
}

/** Slipway's answers are what all others are compared with. */
async function askSlipway(work: Work): Promise<readonly Answer[]> {
  const [variant] = listSlipwayVariants({ work, from, grpc: false });
  const server = await variant!.start();
  try {
    const answers: Answer[] = [];
    for (const question of work.questions) answers.push(await ask(server, oipWay, question));
    return answers;
  } finally {
    await server.stop();
  }
}

interface Candidate {
  readonly name: string;
  readonly variants: readonly Variant[];
}

function listCandidates(work: Work): readonly Candidate[] {
  const http = protocols.includes("http");
  const grpc = protocols.includes("grpc");
  const ours = (overGrpc: boolean) => listSlipwayVariants({ work, from, grpc: overGrpc });
  const candidates: Candidate[] = [];
  if (http) candidates.push({ name: names.slipway, variants: ours(false) });
  if (grpc) candidates.push({ name: names.slipwayGrpc, variants: ours(true) });
  for (const [name, bin] of bins) {
    const { http: overHttp, grpc: overGrpc } = peersOf[name]!;
    for (const peer of [http ? overHttp : undefined, grpc ? overGrpc : undefined]) {
      if (peer === undefined) continue;
      const room = join(folder, name);
      mkdirSync(room, { recursive: true });
      candidates.push({ name: peer.name, variants: peer.variants({ work, bin, room }) });
    }
  }
  return candidates;
}

/** A short closed loop of each variant of each peer. */
async function choose(work: Work): Promise<void> {
  const ours = await askSlipway(work);
  for (const { name, variants } of listCandidates(work)) {
    const tried: Record<string, number> = {};
    for (const variant of variants)
      try {
        const { contestant } = await admit(name, variant, { work, ours });
        try {
          const figures = await measureMost(contestant, work.questions[0], measure);
          tried[variant.name] = Math.round(figures["req/s"] ?? 0);
          say(`${work.name}: ${name}, ${variant.name}: ${toFigure(figures["req/s"] ?? 0)} requests/s`);
        } finally {
          await contestant.server.stop();
        }
      } catch (error) {
        say(`${work.name}: ${name}, ${variant.name}: left out. ${toReason(error)}`);
      }
    writeChoices(mergeChoice(readChoices(), { work: work.name, peer: name, tried }));
  }
}

async function startAll(work: Work): Promise<readonly Contestant[]> {
  const ours = await askSlipway(work);
  const choices = readChoices();
  const contestants: Contestant[] = [];
  for (const { name, variants } of listCandidates(work)) {
    const variant = findChosen(choices, { work: work.name, peer: name, variants });
    if (variant === null) continue;
    try {
      const { contestant } = await admit(name, variant, { work, ours });
      contestants.push(contestant);
      say(`- ${name}: ${variant.name}; answers as we do`);
      if (name === names.slipway && work.name === "iris") contestants.push(await admitEcho(contestant, work, folder));
    } catch (error) {
      say(`- ${name}: left out. ${toReason(error)}`);
    }
  }
  return contestants;
}

async function compare(work: Work): Promise<WorkResult> {
  say(`\n## ${work.name}: ${work.title}\n`);
  const contestants = await startAll(work);
  try {
    const result = await contest(work, contestants, { ...measure, repeats });
    say(
      `\nClosed loop, ${measure.connections} connections, ${repeats} x ${measure.seconds} s:\n\n${toTable(result.most)}`,
    );
    say(`\nOpen loop, Poisson, at half of Slipway's maximum or half of its own:\n\n${toTable(result.atRate)}`);
    say(`\nOne connection, one request after another; ONNX Runtime: one run:\n\n${toTable(result.idle)}`);
    return result;
  } finally {
    await Promise.all(contestants.map(({ server }) => server.stop()));
  }
}

async function main(): Promise<void> {
  say(canPin() ? "Servers on core 0, load on core 1." : "Not pinned: servers and load share the cores.");
  say(hasWrk() ? "Closed loops over HTTP by wrk." : "There is no wrk: closed loops by our own load.");
  say("Open loops, gRPC and one connection: our own load on raw sockets, one thread of Node.");
  await buildEnvironments();
  const python = bins.get("fastapi");
  const works = await makeWorks(join(folder, "models"), python === undefined ? null : join(python, "python"));
  const wanted = options.work.split(",");
  const chosen = works.filter(({ name }) => wanted.includes(name));
  if (chosen.length === 0) throw new Error(`--work is some of ${workNames.join(", ")}.`);
  if (options.choose) {
    for (const work of chosen) await choose(work);
    say("bench/serving/choice.json is new; `npm run format` before it is committed.");
    return;
  }
  const results: WorkResult[] = [];
  for (const work of chosen) results.push(await compare(work));
  say(`\n## Bars\n\n${toBarTable(listBars(results))}`);
}

try {
  await main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
