import { statfsSync } from "node:fs";
import { statfs } from "node:fs/promises";

/** Keeps the last bytes of a volume for others: SQL must be able to roll back and delete. */
export interface FreeSpace {
  /** Less than the reserve was free when last looked. */
  readonly full: boolean;
  /** To be called in every turn: looks again at most once a second or each 8 MiB written, without waiting. */
  wrote(bytes: number): void;
}

export interface FreeSpaceOptions {
  readonly folder: string;
  readonly reserveBytes: number;
  /** Milliseconds. */
  readonly now: () => number;
  /** Free bytes of the volume, in place of asking the system about `folder`. */
  readonly freeBytes?: (() => number) | undefined;
  readonly onError: (error: unknown) => void;
}

const lookMs = 1000;
const lookBytes = 8 * 1024 * 1024;

export function createFreeSpace(options: FreeSpaceOptions): FreeSpace {
  const { folder, reserveBytes, now, freeBytes, onError } = options;
  let full = false;
  let lookedAt = now();
  let written = 0;
  let looking = false;

  const judge = (free: number): void => {
    full = free < reserveBytes;
  };

  function look(): void {
    lookedAt = now();
    written = 0;
    if (freeBytes !== undefined) return judge(freeBytes());
    looking = true;
    statfs(folder)
      .then((volume) => judge(volume.bavail * volume.bsize), onError)
      .finally(() => (looking = false));
  }

  if (freeBytes !== undefined) judge(freeBytes());
  else {
    const volume = statfsSync(folder);
    judge(volume.bavail * volume.bsize);
  }

  return {
    get full() {
      return full;
    },
    wrote(bytes) {
      written += bytes;
      if (looking) return;
      const sinceMs = now() - lookedAt;
      if (written >= lookBytes || sinceMs >= lookMs || sinceMs < 0) look();
    },
  };
}
