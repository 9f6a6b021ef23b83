import { readFileSync } from "node:fs";
import { alternate, type Comparison } from "../lib/table.ts";
import { pause, type RunningServer } from "../serving/running-program.ts";
import { ask, type Way } from "../serving/variant.ts";
import type { From } from "../../test/lib/entry.ts";
import { measureAnew, measureThere, prepareEnvironment } from "./environment.ts";
import { listPythonVariants } from "./slipway-variants.ts";
import { measureImports, measureWorker } from "./worker.ts";
import type { PythonWork } from "./works.ts";

export interface LifeOptions {
  readonly python: string;
  readonly repeats: number;
  readonly from: From;
}

/** How long a deploy in a row waits for a process that was killed. */
const patienceMs = 60_000;

/** A model process from its start to its first answer, and after it was killed; imports alone beside, in turn. */
export async function measureLife(work: PythonWork, { python, repeats, from }: LifeOptions): Promise<Comparison> {
  const lock = await prepareEnvironment(work);
  const [variant] = listPythonVariants(work, from);
  const { way } = variant!;
  const server = await variant!.start();
  try {
    await ask(server, way, work.questions[0]);
    return await alternate(repeats, {
      "environment there": async () => ({ ms: await measureThere(lock) }),
      "environment made anew": async () => ({ ms: await measureAnew(lock) }),
      "imports alone": async () => ({ ms: await measureImports(python) }),
      "model process ready": async () => ({ ms: await measureWorker(work, python) }),
      "killed one replaced": async () => ({ ms: await measureReplaced(server, way, work) }),
    });
  } finally {
    await server.stop();
  }
}

/** From the kill until the next answer. */
async function measureReplaced(server: RunningServer, way: Way, work: PythonWork): Promise<number> {
  const [pid] = server.pids().filter(isModelProcess);
  if (pid === undefined) throw new Error("The server has no process of a Python model.");
  const started = performance.now();
  process.kill(pid, "SIGKILL");
  while (performance.now() - started < patienceMs) {
    try {
      await ask(server, way, work.questions[0]);
      // The first deaths in a row are waited out shorter than later ones.
      const ms = performance.now() - started;
      await pause(1_000);
      return ms;
    } catch {
      await pause(10);
    }
  }
  throw new Error(`A process that was killed was not replaced within ${patienceMs} ms.`);
}

function isModelProcess(pid: number): boolean {
  try {
    const [program = "", ...args] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    return /python[\d.]*$/.test(program) && args.includes("-s");
  } catch {
    return false;
  }
}
