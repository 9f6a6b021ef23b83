import { spawn } from "node:child_process";
import { track } from "./children.ts";
import { cleanEnv, findEntry, type From } from "./entry.ts";

export interface CliOptions {
  /** The server to talk to, as SLIPWAY_URL. */
  readonly url?: string;
  readonly stdin?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly from?: From;
  /** Killed and failed after this; 30 s. */
  readonly timeoutMs?: number;
}

export interface CliResult {
  /** 128 + n where signal n ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `slipway ARGS` to its end; never throws for an exit code. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { url, stdin, env = {}, cwd, from, timeoutMs = 30_000 } = options;
  const child = track(
    spawn(process.execPath, [findEntry(from), ...args], {
      env: cleanEnv({ ...(url === undefined ? {} : { SLIPWAY_URL: url }), ...env }),
      stdio: ["pipe", "pipe", "pipe"],
      ...(cwd === undefined ? {} : { cwd }),
    }),
  );
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A command that ends without reading its input closes the pipe; its exit code tells what matters.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`slipway ${args.join(" ")} took over ${timeoutMs} ms.\nstdout: ${stdout}\nstderr: ${stderr}`));
    }, timeoutMs);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code: code ?? (signal === "SIGKILL" ? 137 : signal === "SIGINT" ? 130 : 143), stdout, stderr });
    });
  });
}
