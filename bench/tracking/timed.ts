import { readCpuUs } from "../lib/process-usage.ts";
import type { TimedFigures } from "./orders.ts";

/** How long it took, and what CPU time the server's processes spent meanwhile. */
export async function timed<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<TimedFigures & { readonly result: T }> {
  const [started, cpu] = [performance.now(), readCpuUs(pids)];
  const result = await work();
  return { seconds: (performance.now() - started) / 1_000, cpuSeconds: (readCpuUs(pids) - cpu) / 1e6, result };
}
