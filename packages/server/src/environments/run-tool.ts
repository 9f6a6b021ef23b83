import { createInterface } from "node:readline";
import { startGuarded } from "@slipway/runtime";
import { minimalEnvironment } from "../platform/process/index.ts";

export interface ToolRun {
  readonly command: readonly [program: string, ...args: string[]];
  /** Beside what every program needs. Nothing else of the server's own environment reaches it. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly folder?: string;
  readonly signal?: AbortSignal | undefined;
  /** Each line that it says on stderr. */
  readonly onLine?: (line: string) => void;
  readonly timeoutMs?: number;
}

export interface ToolEnd {
  /** Null where a signal ended it, or it never came to life. */
  readonly code: number | null;
  /** How it ended, as part of a sentence. */
  readonly how: string;
  readonly stdout: string;
  readonly stderr: string;
}

const mostText = 16 * 2 ** 20;

/** Runs a program that ends when the signal says so, when its time is over and when this process is gone. @throws the signal's reason */
export async function runTool(run: ToolRun): Promise<ToolEnd> {
  const { signal } = run;
  signal?.throwIfAborted();
  const late = AbortSignal.timeout(run.timeoutMs ?? 30 * 60_000);
  const tool = startGuarded({
    command: run.command,
    environment: { ...minimalEnvironment(), ...run.variables },
    ...(run.folder !== undefined && { folder: run.folder }),
    socket: false,
  });
  const end = () => tool.kill();
  signal?.addEventListener("abort", end, { once: true });
  late.addEventListener("abort", end, { once: true });
  const said = { stdout: "", stderr: "" };
  tool.stdout.setEncoding("utf8").on("data", (text: string) => (said.stdout += room(said.stdout, text)));
  createInterface({ input: tool.stderr }).on("line", (line) => {
    said.stderr += room(said.stderr, `${line}\n`);
    run.onLine?.(line);
  });
  const how = await new Promise<string>((resolve) => tool.onEnd(resolve));
  signal?.removeEventListener("abort", end);
  signal?.throwIfAborted();
  if (late.aborted) return { code: null, how: "it took too long", ...said };
  const code = /^it ended with code (\d+)$/.exec(how)?.[1];
  return { code: code === undefined ? null : Number(code), how, ...said };
}

function room(before: string, text: string): string {
  return text.slice(0, Math.max(0, mostText - before.length));
}
