import type { ChildProcess } from "node:child_process";

const children = new Set<ChildProcess>();

function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

process.once("exit", killAll);
// How a test runner ends its processes; without a listener of its own, "exit" is not heard then.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.once(signal, () => {
    killAll();
    process.exit(143);
  });

/** Whatever happens to the test, its child does not outlive the test process. */
export function track<T extends ChildProcess>(child: T): T {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Resolves when the process has ended, however it did. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  if (child.exitCode === null && child.signalCode === null)
    await new Promise<void>((resolve) => {
      child.once("exit", () => resolve());
    });
  return { code: child.exitCode, signal: child.signalCode };
}
