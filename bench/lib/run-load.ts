import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadReport } from "../../packages/cli/src/loadtest/load-report.ts";
import type { Load, OpenLoad } from "../../packages/cli/src/loadtest/open-loop.ts";
import { pinTo } from "./pin.ts";

export interface LoadOrder {
  /** With `perSecond` an open loop, else a closed one. */
  readonly load: Load | OpenLoad;
  /** The server's process, whose CPU time counts. */
  readonly pid?: number;
}

export interface MeasuredLoad extends LoadReport {
  /** CPU time of the server's process per answer, in microseconds; null where no process was named. */
  readonly cpuUs: number | null;
}

/** Runs one load in a process of its own, on core 1, so that the server has core 0 to itself. */
export function runLoad(order: LoadOrder): Promise<MeasuredLoad> {
  const main = fileURLToPath(new URL("./load-main.ts", import.meta.url));
  const line: readonly string[] = [...pinTo(1), process.execPath, main, JSON.stringify(order)];
  const [command = "", ...words] = line;
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
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
