/**
 * This process's side of `bin/slipway.js`, the wrapper that an old Node runs: it tells the signals that it got, and
 * when it is gone the channel closes. A signal often reaches both (Ctrl-C goes to the whole group, systemd signals
 * every process of a unit), and a second one means "at once" to a server, so one that came both ways counts once.
 */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof signals)[number];

/** How far apart the two copies of one signal may arrive. */
const sameMs = 1000;
/** How long a told signal waits for its native copy. */
const settleMs = 50;

export function followParent(): void {
  const wrapped = process.env.SLIPWAY_PARENT !== undefined;
  delete process.env.SLIPWAY_PARENT;
  if (!wrapped || process.channel === undefined || process.channel === null) return;

  const nativeAt = new Map<Signal, number>();
  const recorders = new Map<Signal, () => void>();
  for (const signal of signals) {
    const record = (): void => {
      nativeAt.set(signal, performance.now());
      // A listener switches off what a signal does by itself, so that is done here where nobody else listens.
      if (process.listenerCount(signal) === 1) die(signal);
    };
    recorders.set(signal, record);
    process.on(signal, record);
  }

  function die(signal: Signal): void {
    const record = recorders.get(signal);
    if (record !== undefined) process.removeListener(signal, record);
    process.kill(process.pid, signal);
  }

  function deliver(signal: Signal): void {
    if (process.listenerCount(signal) > 1) process.emit(signal, signal);
    else die(signal);
  }

  process.on("message", (message) => {
    const signal = signals.find((name) => name === (message as { signal?: unknown }).signal);
    if (signal === undefined) return;
    setTimeout(() => {
      const at = nativeAt.get(signal);
      if (at === undefined || performance.now() - at > sameMs) deliver(signal);
    }, settleMs);
  });
  // Who listens by itself (a server does) ends by itself.
  process.once("disconnect", () => {
    if (process.listenerCount("disconnect") === 0) deliver("SIGTERM");
  });
  process.channel.unref();
}
