/** A file that may be taken away because of its age or because there are too many. */
export interface Aging {
  readonly bytes: number;
  /** Of the last thing in it, milliseconds. */
  readonly until: number;
  /** It may go at all: nothing is written to it, and nobody needs it any more. */
  readonly free: boolean;
}

/** Null: without a limit. */
export interface RetentionLimits {
  /** Older ones go. */
  readonly ageMs: number | null;
  /** While there are more bytes than this, the oldest go. */
  readonly bytes: number | null;
}

/** Which of the files, given from the oldest to the newest, go now. The bytes of those that may not go count. */
export function chooseExpired<T extends Aging>(files: readonly T[], limits: RetentionLimits, now: number): T[] {
  const { ageMs, bytes } = limits;
  let held = files.reduce((sum, file) => sum + file.bytes, 0);
  const expired: T[] = [];
  for (const file of files) {
    const isOld = ageMs !== null && file.until < now - ageMs;
    const isTooMuch = bytes !== null && held > bytes;
    if (!file.free || (!isOld && !isTooMuch)) continue;
    expired.push(file);
    held -= file.bytes;
  }
  return expired;
}

export function isLimited({ ageMs, bytes }: RetentionLimits): boolean {
  return ageMs !== null || bytes !== null;
}
