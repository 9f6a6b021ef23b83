/** What wants to run in a lane. */
export interface LaneMember {
  /** Slots that a run takes. */
  readonly weight: number;
  /** Begins one run; false where there is nothing to run any more. */
  start(): boolean;
}

export interface LaneSeat {
  /** There is something to run: `start` is called when it is this member's turn. */
  ask(): void;
  /** A run is over; its slots are free, it took so long. */
  free(ms: number): void;
  /** A run is over, and the same slots go on with the next one of this member. */
  charge(ms: number): void;
  /** Whether others wait for a slot. */
  contended(): boolean;
}

/**
 * What computes, shared by all models: the event loop's thread, or the cores of the machine. A free slot goes to the member that
 * has used the least time of those that wait, so that a slow or busy model cannot keep the others away. One that comes
 * back from being idle gets no credit for it.
 */
export interface Lane {
  readonly slots: number;
  /** How long a run may be planned to take, milliseconds: nothing can interrupt it. */
  readonly longestRunMs: number;
  /** Whether runs block the thread that hands them out. */
  readonly inLoop: boolean;
  join(member: LaneMember): LaneSeat;
}

export interface LaneOptions extends Pick<Lane, "slots" | "longestRunMs" | "inLoop"> {
  /** Calls back at the end of the event-loop turn. */
  readonly defer?: (task: () => void) => void;
}

interface Seat {
  readonly member: LaneMember;
  readonly weight: number;
  /** Milliseconds of slots that it has used; what is behind the others comes first. */
  used: number;
  running: number;
  waits: boolean;
}

export function createLane(options: LaneOptions): Lane {
  const { slots, longestRunMs, inLoop } = options;
  const defer = options.defer ?? ((task) => void setImmediate(task));
  const waiting = new Set<Seat>();
  let free = slots;
  let scheduled = false;
  /** What the member that was served last had used. */
  let level = 0;

  function next(): Seat | null {
    let first: Seat | null = null;
    for (const seat of waiting) if (first === null || seat.used < first.used) first = seat;
    return first;
  }

  function pump(): void {
    scheduled = false;
    for (let seat = next(); seat !== null && seat.weight <= free; seat = next()) {
      waiting.delete(seat);
      seat.waits = false;
      free -= seat.weight;
      seat.running++;
      level = Math.max(level, seat.used);
      if (seat.member.start()) continue;
      seat.running--;
      free += seat.weight;
    }
  }

  function pumpLater(): void {
    if (scheduled) return;
    scheduled = true;
    defer(pump);
  }

  return {
    slots,
    longestRunMs,
    inLoop,
    join(member) {
      const weight = Math.min(member.weight, slots);
      const seat: Seat = { member, weight, used: level, running: 0, waits: false };
      return {
        ask() {
          if (seat.waits) return;
          if (seat.running === 0) seat.used = Math.max(seat.used, level);
          seat.waits = true;
          waiting.add(seat);
          pumpLater();
        },
        free(ms) {
          seat.used += ms * weight;
          seat.running--;
          free += weight;
          // In the loop's own thread, answers leave and requests arrive between two runs; elsewhere a slot does not idle.
          if (waiting.size === 0) return;
          if (inLoop) pumpLater();
          else pump();
        },
        charge(ms) {
          seat.used += ms * weight;
        },
        contended: () => waiting.size > (seat.waits ? 1 : 0),
      };
    },
  };
}
