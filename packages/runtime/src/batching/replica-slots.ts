import type { Replica } from "../runtime.ts";

/** One replica and what it has been given. */
export interface Slot {
  readonly replica: Replica;
  readonly inFlight: number;
  /** When its last run was over, monotonic milliseconds. */
  readonly lastEndAt: number;
  enter(now: number, predictedMs: number): void;
  /** The oldest run is over; milliseconds that the slot was busy with it. */
  leave(): number;
}

export interface Slots {
  /** A living replica without a run, null where there is none. */
  take(): Slot | null;
  free(): number;
  /** Replicas that are alive. */
  ready(): number;
  /** Why none is alive, as sentences. */
  trouble(): string;
  /** Runs that have been handed out. */
  running(): number;
  /** Milliseconds until a replica is expected to be free; 0 where one is. */
  remaining(now: number): number;
}

export function createSlots(replicas: readonly Replica[], monotonic: () => number): Slots {
  const slots = replicas.map((replica) => createSlot(replica, monotonic));
  const isAlive = ({ replica }: Slot) => replica.ready !== false;
  let turn = 0;
  return {
    take() {
      for (let i = 0; i < slots.length; i++) {
        const slot = slots[(turn + i) % slots.length]!;
        if (slot.inFlight > 0 || !isAlive(slot)) continue;
        turn = (turn + i + 1) % slots.length;
        return slot;
      }
      return null;
    },
    free() {
      let free = 0;
      for (const slot of slots) if (slot.inFlight === 0 && isAlive(slot)) free++;
      return free;
    },
    ready() {
      let ready = 0;
      for (const slot of slots) if (isAlive(slot)) ready++;
      return ready;
    },
    trouble: () =>
      replicas.find(({ trouble }) => trouble)?.trouble ?? "The model is being restarted. Try again in a moment.",
    running() {
      let running = 0;
      for (const slot of slots) running += slot.inFlight;
      return running;
    },
    remaining(now) {
      let least = Infinity;
      for (const slot of slots) if (isAlive(slot)) least = Math.min(least, slot.freeAt() - now);
      return least === Infinity ? 0 : Math.max(0, least);
    },
  };
}

function createSlot(replica: Replica, monotonic: () => number): Slot & { freeAt(): number } {
  let inFlight = 0;
  let busyFrom = 0;
  let freeAt = 0;
  let lastEndAt = -Infinity;
  return {
    replica,
    get inFlight() {
      return inFlight;
    },
    get lastEndAt() {
      return lastEndAt;
    },
    freeAt: () => (inFlight === 0 ? 0 : freeAt),
    enter(now, predictedMs) {
      if (inFlight === 0) busyFrom = now;
      freeAt = (inFlight === 0 ? now : freeAt) + predictedMs;
      inFlight++;
    },
    leave() {
      inFlight--;
      const now = monotonic();
      const ms = now - busyFrom;
      busyFrom = now;
      lastEndAt = now;
      return ms;
    },
  };
}
