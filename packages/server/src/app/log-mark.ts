import { closedFile, segmentFile, segmentNumber, type Offset } from "@slipway/runtime/log";

/**
 * How much of a file of the data folder belongs to one moment. The logs of the instances that grow end at these places, between
 * two records; an instance that is not among `known` began later; all other files belong to it whole. Null: the file is younger.
 */
export function createLogMark(growing: readonly Offset[], known: readonly string[]): (name: string) => number | null {
  const places = new Map(growing.map((place) => [place.instance, place]));
  const there = new Set([...known, ...places.keys()]);
  return (name) => {
    const [, instance = "", file = ""] = /^log\/([^/]+)\/([^/]+)$/.exec(name) ?? [];
    if (instance !== "" && !there.has(instance)) return null;
    const place = places.get(instance);
    if (place === undefined) return Number.POSITIVE_INFINITY;
    if (file === segmentFile(place.segment)) return place.byte;
    const number = segmentNumber(file);
    return file === closedFile || (number !== null && number > place.segment) ? null : Number.POSITIVE_INFINITY;
  };
}
