import { closedFile, segmentFile, segmentNumber, type Offset } from "@slipway/runtime/log";

/**
 * How much of a file of the data folder belongs to the moment of `offset`: this instance's log ends there, between two
 * records; all other files belong to it whole. Null: the file is younger.
 */
export function createLogMark({ instance, segment, byte }: Offset): (name: string) => number | null {
  const own = `log/${instance}/`;
  const last = segmentFile(segment);
  return (name) => {
    if (!name.startsWith(own)) return Number.POSITIVE_INFINITY;
    const file = name.slice(own.length);
    if (file === last) return byte;
    const number = segmentNumber(file);
    return file === closedFile || (number !== null && number > segment) ? null : Number.POSITIVE_INFINITY;
  };
}
