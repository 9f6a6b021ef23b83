import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Who may take files of the data folder away, and when. Work that removes or replaces files (gc, erase, retention, merges
 * of the lake) is exclusive; work that needs what it has found to stay (the pins of a backup) is shared. Fair: who asks
 * first is served first. What is only added to needs no turn.
 */
export interface Maintenance {
  /** Others may share; resolves as `work` does. `holder` names it: "backup". @throws the signal's reason where it gave up waiting */
  shared<T>(holder: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Alone. Inside one's own exclusive work it goes on at once, inside shared work it is refused: it would wait for itself. */
  exclusive<T>(holder: string, work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Who works now, in the order in which they began. */
  holders(): readonly string[];
}

type Mode = "shared" | "exclusive";

interface Turn {
  readonly mode: Mode;
  readonly holder: string;
  readonly begin: () => void;
}

export function createMaintenance(): Maintenance {
  const scope = new AsyncLocalStorage<{ readonly mode: Mode; open: boolean }>();
  const working = new Set<Turn>();
  const waiting: Turn[] = [];

  function admit(): void {
    for (let next = waiting[0]; next !== undefined && mayBegin(next); next = waiting[0]) {
      waiting.shift();
      working.add(next);
      next.begin();
    }
  }

  function mayBegin({ mode }: Turn): boolean {
    return working.size === 0 || (mode === "shared" && [...working].every((turn) => turn.mode === "shared"));
  }

  async function wait(mode: Mode, holder: string, signal: AbortSignal | undefined): Promise<Turn> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const turn: Turn = { mode, holder, begin: resolve };
    const giveUp = () => {
      const at = waiting.indexOf(turn);
      if (at < 0) return;
      waiting.splice(at, 1);
      reject(signal?.reason as Error);
      admit();
    };
    signal?.addEventListener("abort", giveUp, { once: true });
    waiting.push(turn);
    admit();
    await promise.finally(() => signal?.removeEventListener("abort", giveUp));
    return turn;
  }

  async function run<T>(mode: Mode, work: () => Promise<T>, take: () => Promise<Turn>): Promise<T> {
    const outer = scope.getStore();
    if (outer?.open === true) {
      if (outer.mode === "exclusive" || mode === "shared") return work();
      throw new Error("Exclusive maintenance inside shared maintenance would wait for itself.");
    }
    const turn = await take();
    const inner = { mode, open: true };
    try {
      return await scope.run(inner, work);
    } finally {
      inner.open = false;
      working.delete(turn);
      admit();
    }
  }

  return {
    shared: (holder, work, signal) => run("shared", work, () => wait("shared", holder, signal)),
    exclusive: (holder, work, signal) => run("exclusive", work, () => wait("exclusive", holder, signal)),
    holders: () => Array.from(working, ({ holder }) => holder),
  };
}
