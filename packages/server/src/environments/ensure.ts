import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { buildEnvironment, type BuildRequest } from "./build-environment.ts";
import { alone } from "./build-once.ts";
import { listBuilt, markUsed, nameOf, readBuilt, type BuiltEnvironment } from "./built-environments.ts";
import type { Environment, Watch } from "./environment.ts";
import type { Holds } from "./holds.ts";
import type { Layout } from "./layout.ts";
import type { Lock } from "./lock.ts";
import { parsePythonRange } from "./python-range.ts";
import type { RequirePython } from "./require-python.ts";
import { runTool } from "./run-tool.ts";
import type { Uv } from "./uv.ts";

export interface EnsureOptions extends Watch {
  /** The folder of the version, for wheels among its files. */
  readonly folder?: string | undefined;
}

export interface EnsureDeps {
  readonly layout: Layout;
  readonly uv: Uv;
  readonly pythons: RequirePython;
  readonly holds: Holds;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Ensure {
  ensure(lock: Lock, options?: EnsureOptions): Promise<Environment>;
  /** One at a time, whoever asks; what `look` then finds is taken in place of a new one. */
  make(request: BuildRequest, look: () => Promise<Environment | null>): Promise<Environment>;
}

export function createEnsure(deps: EnsureDeps): Ensure {
  const { layout, pythons, holds, clock, logger } = deps;

  /** Taken into use, so that nobody takes it away; null: not there, or its interpreter is gone. */
  async function use(name: string): Promise<Environment | null> {
    if (!holds.take(name)) return null;
    const found = await readBuilt(layout, name);
    if (found === null || !(await isAlive(found))) return null;
    await markUsed(found, clock.now());
    return { hash: found.hash, folder: found.folder, python: found.python };
  }

  async function findWhole(lock: Lock): Promise<Environment | null> {
    const named = (await listBuilt(layout)).filter(({ hash }) => hash === lock.hash);
    for (const { name } of named) {
      const found = await use(name);
      if (found) return found;
    }
    return null;
  }

  async function ensure(lock: Lock, options: EnsureOptions = {}): Promise<Environment> {
    options.signal?.throwIfAborted();
    const found = await findWhole(lock);
    if (found) return found;
    const interpreter = await pythons.require(parsePythonRange(lock.python), options);
    return make({ ...options, lock, interpreter }, () => findWhole(lock));
  }

  async function make(request: BuildRequest, look: () => Promise<Environment | null>): Promise<Environment> {
    const name = nameOf(request.lock, request.interpreter);
    return alone({ ...deps, name, signal: request.signal, onProgress: request.onProgress }, async () => {
      const found = await look();
      if (found) return found;
      await buildEnvironment(deps, request);
      const made = await use(name);
      if (made === null) throw new Error(`The environment ${name} was made and is not there.`);
      logger.info({ environment: made.hash, folder: made.folder }, "A Python environment was made.");
      return made;
    });
  }

  return { ensure, make };
}

async function isAlive({ python, pythonVersion }: BuiltEnvironment): Promise<boolean> {
  const say = "import sys; print('%d.%d.%d' % sys.version_info[:3])";
  const { code, stdout } = await runTool({ command: [python, "-I", "-S", "-c", say], timeoutMs: 30_000 });
  return (
    code === 0 && stdout.trim().split(".").slice(0, 2).join(".") === pythonVersion.split(".").slice(0, 2).join(".")
  );
}
