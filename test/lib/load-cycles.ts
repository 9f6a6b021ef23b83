import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "@slipway/sdk";
import { readRssBytes } from "../../bench/lib/process-usage.ts";
import { root } from "../../tools/layer-list.ts";
import { deploy } from "./deploy.ts";
import { fetchJson } from "./fetch-json.ts";

export interface LoadCycles {
  readonly url: string;
  readonly pid: number;
  /** Of a model with an input `x` [N, 1024]. */
  readonly model: string;
  readonly placement: "worker" | "process";
  readonly cycles: number;
  /** Told after each cycle. */
  readonly onCycle?: (rssBytes: number) => void;
}

/** Resident memory of a server in bytes: after the first load and unload of a model, and after so many more. */
export interface CycledMemory {
  /** Before the model was there. */
  readonly fresh: number;
  readonly start: number;
  /** The most while it was loaded. */
  readonly loaded: number;
  readonly end: number;
}

/** Loads a model by sending an endpoint's traffic to it, asks it, and unloads it by taking the traffic away, over and over. */
export async function cycleLoads({ url, pid, model, placement, cycles, onCycle }: LoadCycles): Promise<CycledMemory> {
  const client = createClient({ url });
  const x = Array.from({ length: 1024 }, (_, i) => Math.sin(i));
  const body = { inputs: [{ name: "x", datatype: "FP32", shape: [1, 1024], data: x }] };
  let loaded = 0;
  async function askAndUnload(): Promise<void> {
    const answer = await fetchJson(`${url}/v2/models/cycled/infer`, { json: body });
    if (answer.status !== 200) throw new Error(`It answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    loaded = Math.max(loaded, readRssBytes(pid));
    await client.endpoints.remove("cycled");
  }
  const fresh = await settledRss(pid);
  await deploy(url, model, { name: "cycled", manifest: { name: "cycled", serve: { placement } } });
  await askAndUnload();
  const start = await settledRss(pid);
  for (let cycle = 0; cycle < cycles; cycle++) {
    await client.endpoints.promote("cycled", 1);
    await askAndUnload();
    onCycle?.(readRssBytes(pid));
  }
  return { fresh, start, loaded, end: await settledRss(pid) };
}

/** The least of two seconds: what is left when a copy has ended and the garbage of its life is collected. */
async function settledRss(pid: number): Promise<number> {
  let least = Infinity;
  for (let sample = 0; sample < 20; sample++) {
    await sleep(100);
    least = Math.min(least, readRssBytes(pid));
  }
  return least;
}

/** What the published program sets before its Node starts, to be put before a server from the sources. */
export function publishedEnvironment(): readonly string[] {
  const [line = ""] = readFileSync(join(root, "packages/cli/bin/slipway.js"), "utf8").split("\n", 1);
  const words = line.replace(/^#!\/usr\/bin\/env -S /, "").split(" ");
  const node = words.indexOf("node");
  return ["env", ...words.slice(0, node), `NODE_OPTIONS=${words.slice(node + 1).join(" ")}`];
}
