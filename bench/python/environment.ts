import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createEnvironments, publicIndex, type Lock } from "../../packages/server/src/environments/index.ts";
import { systemClock } from "../../packages/server/src/kernel/clock.ts";
import { silentLogger } from "../../packages/server/src/kernel/logger.ts";
import { sharedEnvironments } from "../../test/lib/python-environment.ts";
import type { PythonWork } from "./works.ts";

/** Anew each time, as after a start. */
const open = () =>
  createEnvironments({
    folder: sharedEnvironments(),
    index: publicIndex,
    clock: systemClock,
    logger: silentLogger,
  });

/** Locks what the model requires, and makes its environment where it is not there. */
export async function prepareEnvironment({ deploy }: PythonWork): Promise<Lock> {
  const requirements = readFileSync(join(deploy, "requirements.txt"), "utf8").trim().split("\n");
  const lock = await open().resolve({ requirements, python: "3.11" });
  await open().ensure(lock);
  return lock;
}

/** From the lock to an environment that is there already, in milliseconds. */
export async function measureThere(lock: Lock): Promise<number> {
  const started = performance.now();
  await open().ensure(lock);
  return performance.now() - started;
}

/** From the lock to an environment that is made of the packages on the disk, in milliseconds. */
export async function measureAnew({ hash }: Lock): Promise<number> {
  const started = performance.now();
  await open().rebuild(hash, { offline: true });
  return performance.now() - started;
}
