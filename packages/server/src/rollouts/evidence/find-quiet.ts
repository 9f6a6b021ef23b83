import { lastArrival } from "./counters/arrivals.ts";
import type { Quiet } from "./measured.ts";
import type { Seen } from "./seen.ts";

const leastMs = 300_000;
/** Of the mean time between two requests of the step. */
const factor = 20;

export function findQuiet(
  { stored, stepFrom, isShadow, age, now, awakeFrom }: Seen,
  control: "champion" | "control",
): Quiet {
  const isQuiet = (arm: string, isRepeated: boolean): boolean => {
    const own = stored.cells.filter(
      (cell) => cell.arm === arm && cell.revision >= stepFrom && (cell.via === "shadow") === isRepeated,
    );
    const requests = own.reduce((sum, { counts }) => sum + counts.requests, 0);
    // Nobody could ask while the server was down.
    const last = Math.max(
      awakeFrom,
      ...own.map(({ counts }) => lastArrival(counts.arrived) ?? Number.NEGATIVE_INFINITY),
    );
    // Nothing at all is told by the numbers.
    return requests > 0 && now - last > Math.max(leastMs, (factor * age) / (requests + factor));
  };
  return { challenger: isQuiet("challenger", isShadow), control: !isShadow && isQuiet(control, false) };
}
