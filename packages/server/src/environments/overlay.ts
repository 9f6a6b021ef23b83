import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { SlipwayError } from "@slipway/contract";
import { createId } from "../kernel/ids.ts";
import { compileLock } from "./compile-lock.ts";
import type { Environment, Watch } from "./environment.ts";
import type { Layout } from "./layout.ts";
import { listBlocks, listLocked, listWheels, parseLock, toLock, type Lock } from "./lock.ts";
import { parsePythonRange } from "./python-range.ts";
import type { RequirePython } from "./require-python.ts";
import type { Uv } from "./uv.ts";
import { uvVersion } from "./uv-release.ts";

export interface OverlayDeps {
  readonly layout: Layout;
  readonly uv: Uv;
  readonly pythons: RequirePython;
}

export interface OverlayRequest extends Watch {
  readonly lock: Lock;
  readonly base: Environment;
  readonly extra: readonly string[];
}

/**
 * A lock of what `extra` needs beside the packages of `lock`, which keep their versions. What was resolved once stays so.
 * @throws SlipwayError `invalid_model` where they do not go together
 */
export async function lockOverlay(deps: OverlayDeps, request: OverlayRequest): Promise<Lock> {
  const { lock, base, extra } = request;
  const over = basename(base.folder);
  const key = [1, uvVersion, over, lock.hash, ...extra.toSorted()].join("\n");
  const file = join(deps.layout.overlays, `${createHash("sha256").update(key).digest("hex")}.txt`);
  const known = await readFile(file, "utf8").catch(() => null);
  if (known !== null) return parseLock(known);
  const found = await resolve(deps, request, over);
  await mkdir(deps.layout.overlays, { recursive: true });
  const draft = `${file}.${createId()}`;
  await writeFile(draft, found.text);
  await rename(draft, file);
  return found;
}

async function resolve(deps: OverlayDeps, request: OverlayRequest, over: string): Promise<Lock> {
  const { lock, extra } = request;
  const interpreter = await deps.pythons.require(parsePythonRange(lock.python), request);
  const wheels = listWheels(lock);
  const pinned = listLocked(lock).map(({ name, version }) => `${name}==${version}`);
  request.onProgress?.(`resolving ${extra.join(", ")} beside the packages of the model`);
  // The model's own wheels are on no index, and nothing that is added here asks for them.
  const own = new Set(wheels.map(({ path }) => basename(path).split("-", 1)[0]!.toLowerCase().replaceAll("_", "-")));
  const requirements = [...pinned.filter((each) => !own.has(each.split("==", 1)[0]!)), ...extra];
  const found = await compileLock(deps, {
    requirements,
    constraints: [],
    wheels: [],
    interpreter,
    sources: false,
    signal: request.signal,
    onProgress: request.onProgress,
  });
  if (found.kind === "unsolvable")
    throw new SlipwayError(
      "invalid_model",
      `${extra.join(", ")} cannot be added to the environment of the model: ${found.reason}`,
      { reason: found.reason },
    );
  const has = new Set(listLocked(lock).map(({ name }) => name));
  const added = listBlocks(found.text).filter(({ name }) => !has.has(name));
  const resolved = added.map(({ text }) => text).join("\n");
  return toLock({ python: lock.python, resolved, wheels: [], sources: false, over });
}
