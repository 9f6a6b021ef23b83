import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ended, track } from "./children.ts";
import { cleanEnv, findEntry, toCommand, type From } from "./entry.ts";
import { sharedEnvironments } from "./python-environment.ts";

export interface ServerOptions {
  /** More arguments of `slipway up`. */
  readonly args?: readonly string[];
  /** An existing data folder, which the test removes itself; by default one in a temporary folder. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly from?: From;
  /** What comes before Node on the command line, such as `taskset -c 0`. */
  readonly prefix?: readonly string[];
  /** How long it may take until the ready line; 20 s. */
  readonly readyMs?: number;
}

/** A running `slipway up`. Address and pid change with a restart. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** `HOST:PORT` of gRPC. @throws Error where there is none */
  readonly grpc: string;
  readonly pid: number;
  readonly data: string;
  /** Milliseconds from the start of the process to its ready line. */
  readonly readyMs: number;
  /** All that it has said on stderr, over its restarts. */
  stderr(): string;
  /** Sends the signal (SIGTERM) and waits for the end. @returns the exit code, or null where a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  kill9(): Promise<void>;
  /** Starts again on the same data folder, after a SIGTERM where it still runs. */
  restart(options?: Pick<ServerOptions, "args" | "env">): Promise<void>;
}

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  readonly grpc: string | null;
  readonly readyMs: number;
}

/**
 * A server that does not run yet: `restart()` starts it; `end()` kills it and removes its folder, or names the folder
 * where it is kept. Belongs to no test runner; tests call `startServer` or `useServer`.
 */
export function createServer(options: ServerOptions): { server: TestServer; end(keep: boolean): Promise<void> } {
  const folder = mkdtempSync(join(tmpdir(), "slipway-test-"));
  const data = options.data ?? join(folder, "data");
  let said = "";
  let running: Running | null = null;
  const now = (): Running => {
    if (running === null) throw new Error("The server does not run (yet).");
    return running;
  };
  const finish = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (running === null) return null;
    const { child } = running;
    child.kill(signal);
    const { code } = await ended(child);
    running = null;
    return code;
  };
  const server: TestServer = {
    get url() {
      return now().url;
    },
    get port() {
      return Number(new URL(now().url).port);
    },
    get grpc() {
      const { grpc } = now();
      if (grpc === null) throw new Error("The server has no gRPC.");
      return grpc;
    },
    get pid() {
      return now().child.pid ?? 0;
    },
    get readyMs() {
      return now().readyMs;
    },
    data,
    stderr: () => said,
    stop: (signal = "SIGTERM") => finish(signal),
    kill9: async () => void (await finish("SIGKILL")),
    restart: async (again = {}) => {
      await finish("SIGTERM");
      running = await launch({ ...options, ...again, data }, (text) => (said += text));
    },
  };
  const end = async (keep: boolean): Promise<void> => {
    await finish("SIGKILL");
    if (!keep) return rmSync(folder, { recursive: true, force: true });
    writeFileSync(join(folder, "stderr.txt"), said);
    console.error(`Kept for a look: ${data}, with what the server said in ${join(folder, "stderr.txt")}`);
  };
  return { server, end };
}

/** Starts the process and waits for its ready line. */
function launch(
  options: ServerOptions & { readonly data: string },
  onStderr: (text: string) => void,
): Promise<Running> {
  const { args = [], data, env = {}, from, prefix = [], readyMs = 20_000 } = options;
  const up = [...toCommand(findEntry(from)), "up", "--port", "0", "--data", data, ...args];
  const [command = "", ...words] = [...prefix, ...up];
  const started = performance.now();
  const child = track(
    spawn(command, words, {
      env: cleanEnv({ SLIPWAY_ENVS: sharedEnvironments(), ...env }),
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  let [out, errors] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
    onStderr(text);
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new Error(`The server ${why}.\nstdout: ${out}\nstderr: ${errors}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${readyMs} ms`), readyMs);
    child.once("error", (error) => fail(`did not start: ${error.message}`));
    child.once("close", (code, signal) => fail(`ended with ${signal ?? code} before it was ready`));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      const url = /^Slipway is ready at (https?:\/\/\S+)\s/m.exec(out)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      child.stdout.removeAllListeners("data").resume();
      child.removeAllListeners("close");
      const grpc = /^gRPC is ready at (\S+)\s/m.exec(out)?.[1] ?? null;
      resolve({ child, url, grpc, readyMs: performance.now() - started });
    });
  });
}
