import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { RequestSpec } from "../../packages/cli/src/loadtest/http-connection.ts";
import type { LoadReport } from "../../packages/cli/src/loadtest/load-report.ts";
import type { Load, OpenLoad } from "../../packages/cli/src/loadtest/open-loop.ts";
import { pinTo } from "./pin.ts";

export interface LoadOrder {
  /** With `perSecond` an open loop, else a closed one. */
  readonly load: Load | OpenLoad;
  /** The server's process, or all processes of it, whose CPU time counts. */
  readonly pid?: number | readonly number[];
  /** The path of a gRPC method, which then is called with the bodies of the requests as messages. */
  readonly grpc?: string;
  /** Where the load runs; 1. */
  readonly core?: number;
}

export interface MeasuredLoad extends LoadReport {
  /** CPU time of the server's processes per answer, in microseconds; null where no process was named. */
  readonly cpuUs: number | null;
}

/** Runs one load in a process of its own, on one core, so that the server has the others to itself. */
export function runLoad(order: LoadOrder): Promise<MeasuredLoad> {
  const main = fileURLToPath(new URL("./load-main.ts", import.meta.url));
  const [command, ...words] = [...pinTo(order.core ?? 1), process.execPath, main];
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  // Not an argument, of which the system takes 128 kB at most.
  child.stdin.end(toJson(order));
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.off("exit", kill);
      if (code === 0) resolve(JSON.parse(out) as MeasuredLoad);
      else reject(new Error(`The load ended with ${code}.`));
    });
  });
}

/** Bodies that are no text travel as base64. */
function toJson({ load, ...rest }: LoadOrder): string {
  const requests = load.requests.map(({ body, ...request }) => ({
    ...request,
    ...(body instanceof Uint8Array ? { base64: Buffer.from(body).toString("base64") } : { body }),
  }));
  return JSON.stringify({ ...rest, load: { ...load, requests } });
}

export function parseOrder(json: string): LoadOrder {
  const { load, ...rest } = JSON.parse(json) as LoadOrder;
  const requests = load.requests.map(({ base64, ...request }: RequestSpec & { readonly base64?: string }) =>
    base64 === undefined ? request : { ...request, body: Buffer.from(base64, "base64") },
  );
  return { ...rest, load: { ...load, requests } };
}
