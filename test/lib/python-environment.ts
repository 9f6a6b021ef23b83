import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Where environments are kept between runs: $XDG_CACHE_HOME/slipway-test. */
function cacheFolder(): string {
  const home = process.env["XDG_CACHE_HOME"];
  return join(home === undefined || home === "" ? join(homedir(), ".cache") : home, "slipway-test");
}

/** Where all servers of tests make the environments of Python models: each is built once. */
export function sharedEnvironments(): string {
  return join(cacheFolder(), "envs");
}

/** Whether there is a Python here that reaches an index with packages. */
export async function findPackageIndex(): Promise<boolean> {
  const ask = ["-m", "pip", "index", "versions", "joblib", "--disable-pip-version-check", "--retries", "1"];
  return run("python3", ask, { timeout: 60_000 }).then(
    () => true,
    () => false,
  );
}

/**
 * The `bin` folder of a Python environment with exactly what a requirements file with hashes names, built once for each content of
 * the file. Null where it cannot be built: no Python 3.11 or later, or no package index within reach.
 */
export async function findPythonEnvironment(requirements: string): Promise<string | null> {
  const { stdout: version } = await run("python3", [
    "-c",
    "import sys; print(sys.version_info[:2] >= (3, 11), sys.version)",
  ]).catch(() => ({ stdout: "" }));
  if (!version.startsWith("True")) return null;
  const hash = createHash("sha256").update(readFileSync(requirements)).update(version).digest("hex").slice(0, 20);
  const folder = join(cacheFolder(), hash);
  const bin = join(folder, "bin");
  const whole = join(folder, "whole");
  if (existsSync(whole)) return bin;
  // Files of tests run beside each other, and two may want the same one.
  return withLock(`${folder}.lock`, async () => (existsSync(whole) ? bin : build({ requirements, folder })));
}

interface Building {
  readonly requirements: string;
  readonly folder: string;
}

async function build({ requirements, folder }: Building): Promise<string | null> {
  const [bin, whole] = [join(folder, "bin"), join(folder, "whole")];
  const started = performance.now();
  console.error(`Building the Python environment of ${requirements} in ${folder}; this takes a minute, once.`);
  // A half one of an earlier run that was cut; scripts in `bin` name the folder, so it cannot be built elsewhere and moved.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    await run("python3", ["-m", "venv", folder]);
    const install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"];
    await run(join(bin, "pip"), [...install, "-r", requirements], {
      timeout: 10 * 60_000,
      maxBuffer: 16 * 1024 * 1024,
    });
  } catch (error) {
    console.error(`It could not be built: ${(error as Error).message}`);
    rmSync(folder, { recursive: true, force: true });
    return null;
  }
  mkdirSync(`${whole}.part`);
  renameSync(`${whole}.part`, whole);
  console.error(`Built in ${Math.round((performance.now() - started) / 1000)} s.`);
  return bin;
}

/** One process at a time; a lock whose holder is gone is taken over. */
async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = readFileSync(path, "utf8");
      // It may be about to be written.
      if (holder !== "" && !isAlive(Number(holder))) rmSync(path, { force: true });
      else await sleep(200);
    }
  }
  try {
    return await work();
  } finally {
    rmSync(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
