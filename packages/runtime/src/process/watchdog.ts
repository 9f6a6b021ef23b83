import { Worker } from "node:worker_threads";

/** In a thread of its own, since the main one may be stuck in native code. */
const script = `
const { workerData: { parent, memoryBytes } } = require("node:worker_threads");
const { writeSync } = require("node:fs");
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
  if (memoryBytes === null) return;
  const taken = process.memoryUsage.rss();
  if (taken <= memoryBytes) return;
  const MiB = (bytes) => Math.ceil(bytes / 2 ** 20) + " MiB";
  writeSync(2, "it took " + MiB(taken) + " of memory, more than the " + MiB(memoryBytes) + " of serve.memory\\n");
  process.kill(process.pid, "SIGKILL");
}, memoryBytes === null ? 1000 : 50);
`;

/**
 * Ends this process within a second after its parent is gone, or when it took more memory than it may: looked at every 50 ms, so
 * what takes it all within less is left to the system.
 */
export function watch(limits: { readonly parent: number; readonly memoryBytes: number | null }): void {
  new Worker(script, { eval: true, env: {}, execArgv: [], workerData: limits }).unref();
}
