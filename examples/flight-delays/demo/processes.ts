// The processes that the demo starts: the server and the command line, both from the sources beside it.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const entry = "packages/cli/src/bin.ts";
const startTimeoutMs = 30_000;
const stopTimeoutMs = 8000;

/** No setting of the user's own server may reach these processes. */
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SLIPWAY_")));

export interface DemoServer {
  readonly url: string;
  /** From the start of the process to its ready line. */
  readonly startMs: number;
  isRunning(): boolean;
  /** As a power cut or `kill -9` would; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Lets it finish what is under way. */
  stop(): Promise<void>;
}

export async function startServer(options: { data: string; port: number }): Promise<DemoServer> {
  const startedAt = performance.now();
  const words = [entry, "up", "--port", String(options.port), "--data", options.data];
  // The channel ends the server should this process be killed.
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: ["ignore", "pipe", "pipe", "ipc"] });
  const lastWords: string[] = [];
  readLines(child.stderr, (line) => {
    lastWords.push(line);
    if (lastWords.length > 15) lastWords.shift();
  });
  const url = await new Promise<string>((resolve, reject) => {
    const fail = (why: string) => reject(new Error([`The server ${why}.`, ...lastWords].join("\n")));
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      fail(`did not become ready within ${startTimeoutMs / 1000} s`);
    }, startTimeoutMs);
    readLines(child.stdout, (line) => {
      const found = /^Slipway is ready at (\S+)$/.exec(line)?.[1];
      if (found === undefined) return;
      clearTimeout(timer);
      resolve(found);
    });
    child.once("error", (error) => fail(`cannot be started: ${error.message}`));
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      fail(`ended with ${signal ?? code} instead of becoming ready`);
    });
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    url,
    startMs: performance.now() - startedAt,
    isRunning,
    kill: () => end(child, "SIGKILL"),
    stop: async () => {
      const timer = setTimeout(() => child.kill("SIGKILL"), stopTimeoutMs);
      await end(child, "SIGTERM");
      clearTimeout(timer);
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill(signal);
  await gone;
}

export interface Run {
  readonly onLine: (line: string) => void;
  readonly onProgress: (line: string) => void;
  /** 0 unless given. */
  readonly exitCode?: number;
}

/**
 * Runs `slipway WORDS` in the root of the repository.
 * @returns the lines that it wrote to stderr
 * @throws with them, where it ends with another code than the expected one
 */
export async function runSlipway(
  words: readonly string[],
  { onLine, onProgress, exitCode = 0 }: Run,
): Promise<readonly string[]> {
  const child = spawn(process.execPath, [entry, ...words], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const remarks: string[] = [];
  readLines(child.stdout, onLine);
  readLines(child.stderr, (line) => {
    remarks.push(line);
    onProgress(line);
  });
  const [code, signal] = (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  if (code !== exitCode)
    throw new Error([`\`slipway ${words.join(" ")}\` ended with ${signal ?? code}.`, ...remarks].join("\n"));
  return remarks;
}

function readLines(stream: NodeJS.ReadableStream | null, onLine: (line: string) => void): void {
  if (stream !== null) createInterface({ input: stream }).on("line", onLine);
}
