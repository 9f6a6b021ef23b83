/** Why a blob must not be taken away although nothing refers to it yet. Of this process; all users of a folder share it. */
export interface Leases {
  /** Somebody was told that the blob is there, and may be about to use it. */
  renew(sha256: string): void;
  /** Somebody uses it until the returned function is called; `used` ends the leases that led to this use, too. */
  hold(sha256: string): (how: { readonly used: boolean }) => void;
  isTaken(sha256: string): boolean;
}

/** From the answer that a blob is there to the deployment that names it. */
const leaseMs = 60 * 60_000;
const mostLeases = 100_000;

/** `monotonic` in milliseconds. */
export function createLeases(monotonic: () => number): Leases {
  const begun = new Map<string, number>();
  const holders = new Map<string, number>();

  function forgetOld(): void {
    for (const [sha256, at] of begun) {
      if (monotonic() - at < leaseMs && begun.size <= mostLeases) return;
      begun.delete(sha256);
    }
  }

  return {
    renew(sha256) {
      // To the end of the map, whose beginning is the oldest.
      begun.delete(sha256);
      begun.set(sha256, monotonic());
      forgetOld();
    },
    hold(sha256) {
      const from = monotonic();
      holders.set(sha256, (holders.get(sha256) ?? 0) + 1);
      let held = true;
      return ({ used }) => {
        if (!held) return;
        held = false;
        const left = holders.get(sha256)! - 1;
        if (left === 0) holders.delete(sha256);
        else holders.set(sha256, left);
        if (used && (begun.get(sha256) ?? Infinity) <= from) begun.delete(sha256);
      };
    },
    isTaken(sha256) {
      forgetOld();
      return holders.has(sha256) || begun.has(sha256);
    },
  };
}
