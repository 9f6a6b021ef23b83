import type { Evidence } from "../verdict.ts";
import { toArms } from "./arms.ts";
import type { Compared } from "./compared.ts";
import { type Measured, type Stratum, totalOf } from "./measured.ts";
import { units } from "./words.ts";

/** Where there is nothing to look at, which is no verdict about the version; null: there is something. */
export function judgeMissing(compared: Compared, measured: Measured): Evidence | null {
  const { strata, pairs, isShadow, stepFrom, isEarly, quiet, window } = measured;
  const { role, spec } = compared;
  const now = strata.filter(({ revision }) => revision >= stepFrom);
  const isComparing = role !== "limit";
  const isPaired = pairs !== null && pairs.n > 0;
  const never = isShadow ? (isPaired ? [] : ["the shadow"]) : listSilent(now, isComparing);
  const isStopped = never.length === 0 && quiet !== undefined;
  const isDivided = now.some(({ share }) => share !== null);
  const stopped = [
    ...(quiet?.challenger ? [isShadow ? "the shadow" : "the challenger"] : []),
    ...(quiet?.control && isComparing && isDivided ? ["the champion"] : []),
  ];
  const silent = isStopped ? stopped : never;
  if (silent.length === 0) return null;
  const nothing = { estimate: null, interval: null, eValue: null, p: null };
  const arms = toArms(compared, { challenger: totalOf(now, "challenger"), control: totalOf(now, "control") });
  const who = silent.join(" and ");
  return {
    metric: spec.name,
    role,
    verdict: isEarly ? "inconclusive" : "no_data",
    message: isEarly
      ? `${spec.name}: no ${units(spec)} of ${who} in this step yet.`
      : `${spec.name}: there are no ${isStopped ? "more " : ""}${units(spec)} of ${who} in this step. Is there traffic?`,
    arms,
    ...nothing,
    alpha: spec.alpha,
    window,
  };
}

/** Arms that had nothing in this step. All traffic on one side is not silence of the other. */
function listSilent(now: readonly Stratum[], isComparing: boolean): string[] {
  const silent: string[] = [];
  if (totalOf(now, "challenger").n === 0) silent.push("the challenger");
  const isDivided = now.some(({ share }) => share !== null);
  if (isComparing && isDivided && totalOf(now, "control").n === 0) silent.push("the champion");
  return silent;
}
