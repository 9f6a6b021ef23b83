import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../tools/layer-list.ts";

/** What a script of checks.py said: the checks by name, null where all is well, else the traceback. */
export async function runChecks(
  bin: string,
  script: string,
  args: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const { stdout } = await promisify(execFile)(join(bin, "python"), [join(root, "test/interop", script), ...args], {
    timeout: 180_000,
    maxBuffer: 16 * 1024 * 1024,
    // The clients look for proxies and home folders.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], PYTHONDONTWRITEBYTECODE: "1", NO_PROXY: "127.0.0.1" },
  });
  return parseChecks(stdout);
}

/** The checks by name, null where all is well, else the traceback. */
export function parseChecks(stdout: string): ReadonlyMap<string, string | null> {
  const lines = stdout.split("\n").filter((line) => line.startsWith('{"check"'));
  return new Map(
    lines.map((line) => {
      const { check, error } = JSON.parse(line) as { check: string; error: string | null };
      return [check, error];
    }),
  );
}
