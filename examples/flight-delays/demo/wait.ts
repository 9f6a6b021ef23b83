const pollMs = 10;

/** Resolves when `done` says so or the time is over, whichever comes first. */
export async function waitUntil(done: () => boolean | Promise<boolean>, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!(await done()) && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, pollMs));
}
