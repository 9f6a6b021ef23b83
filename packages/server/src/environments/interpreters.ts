import { createHash } from "node:crypto";
import { readdir, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { minimalEnvironment } from "../platform/process/index.ts";
import { minorOf, parsePythonVersion, type PythonRange, type PythonVersion } from "./python-range.ts";
import { runTool } from "./run-tool.ts";

/** A Python that was started and answered. */
export interface Interpreter {
  /** Absolute; that of no virtual environment, which somebody may take away. */
  readonly path: string;
  readonly version: PythonVersion;
  /** "3.11" */
  readonly minor: string;
  /** Differs where an environment made for one does not fit the other: eight hex digits. */
  readonly key: string;
}

export interface Interpreters {
  /** The one at a path; null: there is none that runs. */
  at(path: string): Promise<Interpreter | null>;
  /** The one of the machine that suits best; null: none does. */
  find(range: PythonRange): Promise<Interpreter | null>;
  /** All that the range takes, one for each minor version, first what the machine calls `python3`. */
  list(range: PythonRange): Promise<readonly Interpreter[]>;
  /** What was found where, for the person who misses one. */
  describe(): Promise<string>;
}

const probe = `
import json, platform, sys, sysconfig
json.dump({
    "version": platform.python_version(),
    "path": getattr(sys, "_base_executable", None) or sys.executable,
    "machine": platform.machine() + " " + platform.system() + " " + (sysconfig.get_config_var("SOABI") or ""),
    "fits": sys.implementation.name == "cpython" and not sysconfig.get_config_var("Py_GIL_DISABLED"),
}, sys.stdout)
`;
const probeMs = 20_000;
const newestMinor = 20;

/** Looks on PATH, among the versions of pyenv and uv, and in `fetched`, where uv puts those that it fetches. A Python that does not run is passed over. */
export function createInterpreters({ fetched }: { readonly fetched: string }): Interpreters {
  /** By path and time of change. */
  const known = new Map<string, Promise<Interpreter | null>>();

  async function look(path: string): Promise<Interpreter | null> {
    const found = await stat(path).catch(() => null);
    if (!found?.isFile()) return null;
    const key = `${path}:${found.mtimeMs}`;
    const asked = known.get(key) ?? ask(path);
    known.set(key, asked);
    return asked;
  }

  /** Until `isEnough` says so. */
  async function search(isEnough: (interpreter: Interpreter) => boolean): Promise<Interpreter[]> {
    const found: Interpreter[] = [];
    for (const group of await candidates(fetched)) {
      for (const interpreter of await Promise.all(group.map(look))) if (interpreter) found.push(interpreter);
      if (found.some(isEnough)) break;
    }
    return found;
  }

  return {
    at: look,
    async find(range) {
      const isBest = ({ version }: Interpreter) => range.best === null || version.join() === range.best.join();
      const found = await search((each) => range.takes(each.version) && isBest(each));
      const fitting = found.filter(({ version }) => range.takes(version));
      return fitting.find(isBest) ?? fitting[0] ?? null;
    },
    async list(range) {
      const fitting = (await search(() => false)).filter(({ version }) => range.takes(version));
      return fitting.filter((each, at) => fitting.findIndex(({ minor }) => minor === each.minor) === at);
    },
    async describe() {
      const all = await search(() => false);
      const versions = new Set(all.map(({ version }) => version.join(".")));
      return `looked on PATH, in ${pyenvFolder()} and in uv's folder, and found ${versions.size === 0 ? "none" : [...versions].join(", ")}`;
    },
  };
}

/** Groups in the order in which they count; the members of one are tried at the same time. */
async function candidates(fetched: string): Promise<readonly (readonly string[])[]> {
  const folders = [...(minimalEnvironment()["PATH"] ?? "").split(delimiter), "/usr/local/bin", "/opt/homebrew/bin"];
  const onPath = [...new Set(folders.filter((folder) => folder !== ""))];
  const suffix = process.platform === "win32" ? ".exe" : "";
  const minors = Array.from({ length: newestMinor - 7 }, (_, at) => `python3.${newestMinor - at}`);
  const named = (name: string) => onPath.map((folder) => join(folder, name + suffix));
  const uv = join(homedir(), ".local", "share", "uv", "python");
  return [
    named("python3"),
    named("python"),
    ...[fetched, pyenvFolder(), uv].map(async (folder) => versionsIn(folder)),
    ...minors.map(named),
  ].reduce<Promise<(readonly string[])[]>>(async (all, group) => [...(await all), await group], Promise.resolve([]));
}

/** Newest first. */
async function versionsIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  const sorted = names.toSorted((a, b) => b.localeCompare(a, "en", { numeric: true }));
  return sorted.map((name) =>
    process.platform === "win32" ? join(folder, name, "python.exe") : join(folder, name, "bin", "python3"),
  );
}

function pyenvFolder(): string {
  return join(homedir(), ".pyenv", "versions");
}

async function ask(path: string): Promise<Interpreter | null> {
  const { code, stdout } = await runTool({ command: [path, "-I", "-c", probe], timeoutMs: probeMs });
  if (code !== 0) return null;
  try {
    const said = JSON.parse(stdout) as { version: string; path: string; machine: string; fits: boolean };
    const version = parsePythonVersion(said.version);
    if (!said.fits || version === null) return null;
    const real = await realpath(said.path);
    const identity = [real, said.version, said.machine].join("\n");
    const key = createHash("sha256").update(identity).digest("hex").slice(0, 8);
    return { path: real, version, minor: minorOf(version), key };
  } catch {
    return null;
  }
}
