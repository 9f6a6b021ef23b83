import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { networkEnvironment } from "../platform/process/index.ts";
import { alone, buildFolder } from "./build-once.ts";
import type { Watch } from "./environment.ts";
import { hideCredentials, toPipVariables, toUvVariables, type IndexSettings } from "./index-settings.ts";
import type { Interpreters } from "./interpreters.ts";
import { pythonOf, type Layout } from "./layout.ts";
import { noPython } from "./no-python.ts";
import { parsePythonRange } from "./python-range.ts";
import { runTool, type ToolEnd } from "./run-tool.ts";
import { uvRequirements, uvVersion } from "./uv-release.ts";

interface UvRun extends Watch {
  readonly args: readonly string[];
  /** How often it asks once more where the network fails; left out: once. */
  readonly retries?: number;
  /** Folders with wheels, beside those of the settings. */
  readonly links?: readonly string[];
  readonly onLine?: (line: string) => void;
}

/** The program that resolves and installs. */
export interface Uv {
  /** How it ended; what it said has no credentials. @throws SlipwayError `precondition_failed` where uv itself cannot be had */
  run(run: UvRun): Promise<ToolEnd>;
}

export interface UvDeps {
  readonly layout: Layout;
  readonly index: IndexSettings;
  readonly interpreters: Interpreters;
  readonly clock: Clock;
}

export function createUv(deps: UvDeps): Uv {
  const { layout, index } = deps;
  const name = `uv-${uvVersion}-${process.platform}-${process.arch}`;
  const program = join(layout.tools, name, process.platform === "win32" ? "Scripts/uv.exe" : "bin/uv");

  async function require(watch: Watch): Promise<string> {
    if (existsSync(program)) return program;
    await alone({ ...deps, name, ...watch }, async () => {
      if (!existsSync(program)) await install(deps, name, watch);
    });
    return program;
  }

  return {
    async run({ args, links = [], retries = 1, signal, onProgress, onLine }) {
      const uv = await require({ signal, onProgress });
      await mkdir(layout.folder, { recursive: true });
      const end = await runTool({
        command: [uv, ...args, "--no-config", "--no-progress", "--color", "never", "--cache-dir", layout.cache],
        variables: {
          ...networkEnvironment(),
          ...toUvVariables(index, links),
          UV_PYTHON_INSTALL_DIR: layout.pythons,
          UV_PYTHON_DOWNLOADS: "manual",
          UV_HTTP_TIMEOUT: "60",
          UV_HTTP_RETRIES: String(retries),
        },
        // Where it looks for projects: there are none.
        folder: layout.folder,
        signal,
        onLine: (line) => onLine?.(hideCredentials(line, index)),
      });
      const clean = (text: string) => hideCredentials(text, index);
      return { ...end, stdout: clean(end.stdout), stderr: clean(end.stderr) };
    },
  };
}

async function install({ layout, index, interpreters }: UvDeps, name: string, watch: Watch): Promise<void> {
  const interpreter = await interpreters.find(parsePythonRange(null));
  if (interpreter === null) throw await noPython({ interpreters, wanted: null, tried: null });
  watch.onProgress?.(`fetching uv ${uvVersion}, which makes Python environments; once`);
  await buildFolder({ layout, name, to: join(layout.tools, name) }, async (folder) => {
    await mkdir(folder, { recursive: true });
    const requirements = join(folder, "requirements.txt");
    await writeFile(requirements, uvRequirements);
    const made = await runTool({ command: [interpreter.path, "-I", "-m", "venv", folder], signal: watch.signal });
    if (made.code !== 0) throw noVenv(interpreter.path, interpreter.minor, lastLines(made));
    const pip = [pythonOf(folder), "-I", "-m", "pip", "install", "--disable-pip-version-check", "--no-input"] as const;
    const only = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-cache-dir", "-r", requirements];
    const network = networkEnvironment();
    // pip alone does not know this variable of OpenSSL.
    const certificates = index.caFile ?? network["SSL_CERT_FILE"] ?? null;
    const installed = await runTool({
      command: [...pip, "--quiet", "--retries", "2", ...only],
      variables: { ...network, ...toPipVariables({ ...index, caFile: certificates }) },
      signal: watch.signal,
    });
    if (installed.code !== 0) throw noUv(hideCredentials(lastLines(installed), index));
  });
}

function lastLines({ stderr, stdout, how }: ToolEnd): string {
  const lines = `${stdout}\n${stderr}`.split("\n").map((line) => line.trim());
  return (
    lines
      .filter((line) => line !== "")
      .slice(-3)
      .join(" ") || how
  );
}

function noVenv(path: string, minor: string, reason: string): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `${path} cannot make virtual environments: ${reason.slice(0, 400)} On Debian and Ubuntu \`apt-get install python${minor}-venv\` adds what is missing.`,
    { python: path },
  );
}

function noUv(reason: string): SlipwayError {
  return new SlipwayError(
    "precondition_failed",
    `uv ${uvVersion}, which makes Python environments, could not be fetched: ${reason.slice(0, 600)} Check index_url, find_links and proxy of the server; a folder or index of one's own must have uv==${uvVersion}, too.`,
    { uv: uvVersion },
  );
}
