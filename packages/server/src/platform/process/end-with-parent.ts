import { Worker } from "node:worker_threads";

/** The main thread may be stuck in native code when the parent dies, so another thread looks after that. */
const watchdog = `
const parent = ${process.ppid};
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGKILL");
}, 1000);
`;

/** A child process that calls this is gone within about a second when its parent is, whatever it does just then. */
export function endWithParent(): void {
  new Worker(watchdog, { eval: true, env: {}, execArgv: [] }).unref();
  process.once("disconnect", () => process.exit(1));
}
