import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import type { Clock } from "../kernel/clock.ts";
import { buildFolder } from "./build-once.ts";
import { nameOf, writeRecord } from "./built-environments.ts";
import { explain, unreachable } from "./compile-lock.ts";
import type { Watch } from "./environment.ts";
import { inspectEnvironment } from "./inspect-environment.ts";
import type { Interpreter } from "./interpreters.ts";
import { packagesOf, pythonOf, type Layout } from "./layout.ts";
import { findOver, listLocked, listWheels, mayBuildSources, type Lock } from "./lock.ts";
import { keepWheel, linkWheels } from "./model-wheels.ts";
import type { Uv } from "./uv.ts";

export interface BuildDeps {
  readonly layout: Layout;
  readonly uv: Uv;
  readonly clock: Clock;
}

export interface BuildRequest extends Watch {
  readonly lock: Lock;
  readonly interpreter: Interpreter;
  /** The folder of the version, for its wheels. */
  readonly folder?: string | undefined;
  /** With nothing but what was fetched before. */
  readonly offline?: boolean | undefined;
}

/** Makes an environment, whole or not at all. To be called with its name taken alone. @throws SlipwayError `invalid_model`, `precondition_failed` */
export async function buildEnvironment(deps: BuildDeps, request: BuildRequest): Promise<void> {
  const { layout } = deps;
  const { lock, interpreter } = request;
  const name = nameOf(lock, interpreter);
  const packages = listLocked(lock);
  for (const { path } of listWheels(lock))
    if (request.folder !== undefined) await keepWheel(layout, request.folder, path);
  await buildFolder({ layout, name, to: join(layout.built, name) }, async (folder) => {
    request.onProgress?.(describe(packages, interpreter));
    const made = await deps.uv.run({
      ...watchOf(request),
      args: ["venv", folder, "--python", interpreter.path, "--relocatable", "--no-project", "--quiet"],
    });
    if (made.code !== 0) throw cannotBuild(explain(made, folder), interpreter);
    await install(deps, request, folder);
    request.onProgress?.("checking what was installed");
    const inspected = await inspectEnvironment({ folder, lock }, request.signal);
    if (inspected.problems.length > 0) throw cannotBuild(inspected.problems.slice(0, 3).join(" "), interpreter);
    const over = findOver(lock);
    if (over !== null) await lieOver(folder, over, lock.python);
    const { sizeBytes } = inspected;
    await writeRecord(folder, { lock, interpreter, packages: packages.length, sizeBytes, at: deps.clock.now() });
  });
}

async function install({ layout, uv }: BuildDeps, request: BuildRequest, folder: string): Promise<void> {
  const { lock, interpreter, offline = false } = request;
  const file = join(folder, "lock.txt");
  await writeFile(file, lock.text);
  const end = await uv.run({
    ...watchOf(request),
    args: [
      "pip",
      "sync",
      file,
      "--python",
      pythonOf(folder),
      "--require-hashes",
      "--allow-empty-requirements",
      // Copies: what changes a file of an environment changes neither another one nor what it is made anew from.
      "--link-mode",
      "copy",
      "--compile-bytecode",
      ...(mayBuildSources(lock) ? [] : ["--no-build"]),
      ...(offline ? ["--offline"] : []),
    ],
    retries: 3,
    links: await linkWheels(layout, join(folder, "wheels"), listWheels(lock)),
    onLine: (line) => {
      const said = toSentence(line);
      if (said !== null) request.onProgress?.(said);
    },
  });
  if (end.code === 0) return;
  const reason = explain(end, folder);
  if (offline)
    throw new SlipwayError(
      "precondition_failed",
      `The environment cannot be made without the package index: ${reason} Rebuild it without --offline.`,
    );
  throw /Failed to fetch|error sending request|Failed to download/.test(end.stderr)
    ? unreachable(reason)
    : cannotBuild(reason, interpreter);
}

/** Its interpreter looks into its own packages first, then into those of the environment beside it. */
async function lieOver(folder: string, over: string, minor: string): Promise<void> {
  const below = JSON.stringify(packagesOf(minor));
  const line = `import os, site, sys; site.addsitedir(os.path.join(os.path.dirname(sys.prefix), ${JSON.stringify(over)}, ${below}))`;
  await writeFile(join(folder, packagesOf(minor), "slipway_over.pth"), `${line}\n`);
}

function describe(packages: ReturnType<typeof listLocked>, { version }: Interpreter): string {
  const named = packages.slice(0, 6).map((each) => `${each.name} ${each.version}`);
  const more = packages.length > named.length ? ` and ${packages.length - named.length} more` : "";
  const what = packages.length === 1 ? "1 package" : `${packages.length} packages`;
  return `making an environment of Python ${version.join(".")} with ${what}${named.length > 0 ? ": " : ""}${named.join(", ")}${more}`;
}

/** Of what uv says while it works, that which tells a person how far it is. */
function toSentence(line: string): string | null {
  const download = /^Downloading (\S+) \(([\d.]+ ?[KMG]?i?B)\)/.exec(line);
  if (download) return `downloading ${download[1]} (${download[2]!.replace(/(\d)([KMG])/, "$1 $2")})`;
  const built = /^\s*(Building|Prepared|Installed) (.+?)( in [\d.]+m?s)?$/.exec(line);
  return built ? `${built[1]!.toLowerCase()} ${built[2]}` : null;
}

function watchOf({ signal, onProgress }: Watch): Watch {
  return { signal, onProgress };
}

function cannotBuild(reason: string, { version }: Interpreter): SlipwayError {
  return new SlipwayError(
    "invalid_model",
    `The environment of the model cannot be made with Python ${version.join(".")}: ${reason}`,
    { reason },
  );
}
