import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { requireAgreement } from "./agreement.ts";
import { createClient, mlflow } from "./client.ts";
import { experimentName } from "./content.ts";
import { fillMlflow } from "./fill-mlflow.ts";
import { give } from "./orders.ts";
import { createMlflow, createSlipway, toDatabase, type TrackingServer } from "./servers.ts";

export interface Settings {
  readonly repeats: number;
  readonly seconds: number;
  /** Of the data set that both have. */
  readonly runs: number;
  /** Of the one that only Slipway has. */
  readonly manyRuns: number;
  readonly points: number;
  readonly versions: number;
  readonly bytes: number;
  /** Predictions a second; null: half of the maximum. */
  readonly rate: number | null;
  readonly cores: 1 | 2;
  readonly from: "tarball" | "source";
  /** Who takes part: `slipway`, `mlflow`. */
  readonly peers: readonly string[];
}

/** The servers with what was put into them. */
export interface Stage {
  readonly settings: Settings;
  readonly room: string;
  readonly slipway: TrackingServer;
  /** Null where there is none. */
  readonly mlflow: TrackingServer | null;
  /** Slipway, and MLflow where it takes part: those that take turns. */
  readonly peers: readonly TrackingServer[];
  /** MLflow with more workers on a copy of its data, for one row. */
  startMoreWorkers(workers: number): Promise<TrackingServer | null>;
  /** The experiment with the data set, on each; made by the first who asks, and compared. */
  requireRuns(): Promise<ReadonlyMap<TrackingServer, string>>;
  /** The larger one, in Slipway. */
  requireManyRuns(): Promise<string>;
  /** New runs without content, by their ids. */
  createRuns(server: TrackingServer, count: number): Promise<readonly string[]>;
  end(): Promise<void>;
}

interface Facts {
  /** Name of a server -> id of its experiment. */
  readonly runs?: Readonly<Record<string, string>>;
  readonly manyRuns?: string;
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

export async function openStage(room: string, settings: Settings, bin: string | null): Promise<Stage> {
  const { cores, from } = settings;
  const slipway = createSlipway(from, { folder: join(room, "slipway"), cores });
  const theirs = bin === null ? null : createMlflow(bin, 1, { folder: join(room, "mlflow"), cores });
  const isAsked = ({ name }: TrackingServer) => settings.peers.includes(name.toLowerCase());
  const peers = [slipway, ...(theirs === null ? [] : [theirs])].filter(isAsked);
  for (const peer of peers) await peer.restart();
  const more: TrackingServer[] = [];
  const facts = openFacts(room);
  return {
    settings,
    room,
    slipway,
    mlflow: theirs,
    peers,
    async startMoreWorkers(workers) {
      if (bin === null || theirs === null) return null;
      const folder = join(room, `mlflow-${workers}`);
      rmSync(folder, { recursive: true, force: true });
      cpSync(theirs.folder, folder, { recursive: true });
      const server = createMlflow(bin, workers, { folder, cores });
      more.push(server);
      await server.restart();
      return server;
    },
    async requireRuns() {
      const { runs = await fillAll(peers, settings) } = facts.read();
      facts.add({ runs });
      return new Map(peers.map((peer) => [peer, runs[peer.name]!]));
    },
    async requireManyRuns() {
      const { manyRuns = await fillByApi(slipway, `${experimentName}-many`, settings.manyRuns) } = facts.read();
      facts.add({ manyRuns });
      return manyRuns;
    },
    createRuns,
    async end() {
      for (const server of [...more, ...peers]) await server.stop();
    },
  };
}

/** What is there already, in a room that was kept. */
function openFacts(room: string) {
  const path = join(room, "facts.json");
  const read = (): Facts => (existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Facts) : {});
  return { read, add: (more: Facts) => writeFileSync(path, JSON.stringify({ ...read(), ...more })) };
}

async function createExperiment({ url }: TrackingServer, name: string): Promise<string> {
  const client = createClient(url);
  const { experiment_id } = await client.ask<{ experiment_id: string }>("POST", mlflow("experiments/create"), { name });
  client.close();
  return experiment_id;
}

async function fillAll(peers: readonly TrackingServer[], { runs }: Settings): Promise<Record<string, string>> {
  const ids: Record<string, string> = {};
  for (const peer of peers)
    ids[peer.name] =
      peer.name === "Slipway"
        ? await fillByApi(peer, experimentName, runs)
        : await fillDirectly(peer, experimentName, runs);
  const [ours, theirs] = peers;
  if (ours === undefined || theirs === undefined) return ids;
  const toAsked = ({ name, url }: TrackingServer) => ({ url, experiment: ids[name]! });
  const compared = await requireAgreement(toAsked(ours), toAsked(theirs));
  say(`Five searches, two pages each: the same ${compared} runs in the same order, with the same content.`);
  return ids;
}

async function fillDirectly(server: TrackingServer, name: string, count: number): Promise<string> {
  const experiment = await createExperiment(server, name);
  await server.stop();
  fillMlflow(toDatabase(server.folder), experiment, count);
  await server.restart();
  say(`${server.name}: ${count} runs, written into its tables directly, for its API takes minutes.`);
  return experiment;
}

async function fillByApi(server: TrackingServer, name: string, count: number): Promise<string> {
  const experiment = await createExperiment(server, name);
  const order = { kind: "fill", url: server.url, pids: server.pids(), experiment, count } as const;
  const { seconds, cpuSeconds } = await give(order);
  const each = `${((cpuSeconds / count / 2) * 1_000).toFixed(2)} ms of CPU a request`;
  say(`${server.name}: ${count} runs by runs/create and log-batch in ${seconds.toFixed(1)} s, ${each}.`);
  return experiment;
}

async function createRuns({ url }: TrackingServer, count: number): Promise<readonly string[]> {
  const client = createClient(url);
  const ids: string[] = [];
  for (let at = 0; at < count; at++) {
    const body = { experiment_id: "0", run_name: `log-${at}`, start_time: Date.UTC(2026, 0, 2) + at };
    const { run } = await client.ask<{ run: { info: { run_id: string } } }>("POST", mlflow("runs/create"), body);
    ids.push(run.info.run_id);
  }
  client.close();
  return ids;
}
