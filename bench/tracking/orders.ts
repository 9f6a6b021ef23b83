import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RequestSpec } from "../../packages/cli/src/loadtest/http-connection.ts";
import { pinTo } from "../lib/pin.ts";

interface Target {
  readonly url: string;
  /** The processes whose CPU time counts. */
  readonly pids?: readonly number[];
}

/** A closed loop; what each connection sends is made while the answer before is under way. */
export interface LoadOrder extends Target {
  readonly kind: "load";
  readonly connections: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly content:
    | { readonly kind: "same"; readonly request: RequestSpec }
    /** A run for each connection; `from` is a step that no load before has reached. */
    | { readonly kind: "metric" | "batch"; readonly runs: readonly string[]; readonly from: number };
}

/** All pages of a search, one after another; or those up to `pages`. */
export interface WalkOrder extends Target {
  readonly kind: "walk";
  readonly body: Readonly<Record<string, unknown>>;
  readonly pages?: number;
}

/** Makes the runs of the data set by runs/create and runs/log-batch. */
export interface FillOrder extends Target {
  readonly kind: "fill";
  readonly experiment: string;
  readonly count: number;
}

/** A history of one metric, in batches of 1,000 points. */
export interface PointsOrder extends Target {
  readonly kind: "points";
  readonly run: string;
  readonly key: string;
  readonly count: number;
}

export interface VersionsOrder extends Target {
  readonly kind: "versions";
  readonly name: string;
  readonly count: number;
}

export interface TransferOrder extends Target {
  readonly kind: "upload" | "download";
  readonly path: string;
  readonly bytes: number;
  /** Other bytes for another one. */
  readonly seed: number;
}

export interface LoadFigures {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
  readonly failed: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly messages: readonly string[];
  /** CPU time of the server a request. */
  readonly cpuMs: number;
}

export interface TimedFigures {
  readonly seconds: number;
  /** CPU time of the server, in all. */
  readonly cpuSeconds: number;
}

export interface WalkFigures extends TimedFigures {
  readonly runs: number;
  readonly pages: number;
  /** The token that each page came with; null for the first one. */
  readonly tokens: readonly (string | null)[];
}

export interface TransferFigures extends TimedFigures {
  /** SHA-256 of what was sent or received. */
  readonly sha256: string;
}

export interface Orders {
  readonly load: readonly [LoadOrder, LoadFigures];
  readonly walk: readonly [WalkOrder, WalkFigures];
  readonly fill: readonly [FillOrder, TimedFigures];
  readonly points: readonly [PointsOrder, TimedFigures];
  readonly versions: readonly [VersionsOrder, TimedFigures];
  readonly upload: readonly [TransferOrder, TransferFigures];
  readonly download: readonly [TransferOrder, TransferFigures];
}

export type Order = Orders[keyof Orders][0];

/** Does one thing to a server from a process of its own, on core 1. */
export function give<Kind extends keyof Orders>(
  order: Orders[Kind][0] & { readonly kind: Kind },
  options: { readonly nice?: boolean; readonly until?: Promise<unknown> } = {},
): Promise<Orders[Kind][1]> {
  const main = fileURLToPath(new URL("./order-main.ts", import.meta.url));
  const nice = options.nice === true ? ["nice", "-n", "19"] : [];
  const [command, ...words] = [...pinTo(1), ...nice, process.execPath, main];
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  child.stdin.end(JSON.stringify(order));
  // What then comes is what was measured so far.
  void options.until?.then(() => child.kill("SIGUSR2"));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", kill);
      if (code === 0) resolve(JSON.parse(out) as Orders[Kind][1]);
      else reject(new Error(`The order ${order.kind} ended with ${code}.`));
    });
  });
}
