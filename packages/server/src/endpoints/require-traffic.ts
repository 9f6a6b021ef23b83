import { SlipwayError } from "@slipway/contract";
import { BUCKETS } from "@slipway/statistics";
import { champion, type Arm, type TrafficSettings } from "./endpoint.ts";

/** Whether the buckets are each of one arm, and rules name arms that there are. @throws SlipwayError `invalid_request` */
export function requireTraffic({ arms, rules, shadows, unit }: TrafficSettings): void {
  const sorted = arms.toSorted((a, b) => a.from - b.from);
  for (const [index, arm] of sorted.entries()) requirePlace(arm, sorted[index + 1]);
  const names = new Set(arms.map(({ name }) => name));
  if (names.size < arms.length || names.has(champion))
    throw invalid(
      `Each arm has a name of its own, and ${champion} is the target: got ${arms.map(({ name }) => name).join(", ")}.`,
    );
  for (const { name, arm, header, field } of rules) {
    if (arm !== champion && !names.has(arm))
      throw invalid(`The rule ${name} sends to the arm ${arm}; there are: ${[champion, ...names].join(", ")}.`);
    if ((header === null) === (field === null)) throw invalid(`The rule ${name} needs either a header or a field.`);
  }
  if (unit !== null && /^(?:header:)?$/.test(unit))
    throw invalid(`A unit is the name of a record field, or header:NAME.`);
  for (const { share, version } of shadows)
    if (!isShare(share)) throw invalid(`The shadow of version ${version} has a share of ${share} ten-thousandths.`);
}

function requirePlace({ name, from, share }: Arm, next: Arm | undefined): void {
  if (!isShare(from) || !isShare(share) || from + share > BUCKETS)
    throw invalid(`The arm ${name} has the buckets ${from} to ${from + share} of ${BUCKETS}.`);
  if (next !== undefined && share > 0 && next.share > 0 && from + share > next.from)
    throw invalid(
      `The arms ${name} and ${next.name} share buckets: together the shares must leave room, and may be 100 % at most.`,
    );
}

function isShare(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= BUCKETS;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError("invalid_request", message);
}
