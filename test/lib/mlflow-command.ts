import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";

export interface MlflowServer {
  readonly url: string;
  stop(): void;
}

interface Command {
  /** The `bin` folder of an environment that has MLflow. */
  readonly bin: string;
  /** What comes after `mlflow`, before the host and the port. */
  readonly words: readonly string[];
  /** The path that answers 200 when it is ready. */
  readonly ready: string;
  readonly readyMs: number;
  readonly env?: Readonly<Record<string, string>>;
}

const groups = new Set<number>();
process.once("exit", () => groups.forEach(killGroup));

function killGroup(group: number): void {
  groups.delete(group);
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** A server that the `mlflow` command starts, once it answers. The command runs uvicorn, so both are ended as a group. */
export async function startMlflowCommand({ bin, words, ready, readyMs, env = {} }: Command): Promise<MlflowServer> {
  const port = await findPort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(join(bin, "mlflow"), [...words, "--host", "127.0.0.1", "--port", String(port)], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...quiet, ...env, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
  });
  const group = child.pid!;
  groups.add(group);
  const said = listen(child);
  const until = performance.now() + readyMs;
  while (!(await answers(`${url}${ready}`))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (!ended && performance.now() < until) continue;
    killGroup(group);
    throw new Error(`mlflow ${words[0]} ${ended ? "ended" : `was not ready within ${readyMs} ms`}.\n${said()}`);
  }
  return { url, stop: () => killGroup(group) };
}

/** No telemetry, no look for git. */
const quiet = { MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true", GIT_PYTHON_REFRESH: "quiet" };

function listen(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding("utf8").on("data", (part: string) => (text += part));
  return () => text;
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 200));
    return false;
  }
}

/** A port that nobody has at the moment. */
export function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject).listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
