import { SlipwayError } from "@slipway/contract";
import { BUCKETS } from "@slipway/statistics";
import {
  champion,
  control,
  type Arm,
  type Endpoint,
  type Shadow,
  type TrafficRule,
  type TrafficSettings,
} from "./endpoint.ts";

/** How somebody wants the traffic divided: versions and shares; where the arms have their buckets is found. */
export interface WantedTraffic {
  /** The target's own share may be named; left out, it has what the others leave. */
  readonly arms: readonly { readonly version: number; readonly share: number }[];
  /** Left out: as it is where the traffic is divided already, else each request by itself. */
  readonly unit?: string | null;
  /** `version` takes who has one of the values. Left out: as they are, but for those of arms that go. */
  readonly rules?: readonly (Omit<TrafficRule, "arm"> & { readonly version: number })[];
  /** An arm of the target as large as the only other one, that one is to be compared with. Left out: as it is, where it has room. */
  readonly control?: boolean;
  /** Left out: as they are. */
  readonly shadows?: readonly Shadow[];
}

const challenger = "challenger";
/** The arm that one is compared with begins in the middle, so that both can grow to a half. */
const middle = BUCKETS / 2;

/**
 * The settings. An arm keeps name and first bucket while it is there, so that nobody changes arms when a share grows; where that leaves no room, all begin anew.
 * @throws SlipwayError `invalid_request`, `precondition_failed`
 */
export function planTraffic({ name, revision, spec }: Endpoint, wanted: WantedTraffic): TrafficSettings {
  const { target, traffic: present } = spec;
  if (!target) throw new SlipwayError("precondition_failed", `${name} serves nothing; deploy a version first.`);
  const shares = toShares(wanted, target.version);
  const rules = wanted.rules ?? keepRules(present, [target.version, ...shares.keys()], target.version);
  for (const { version } of rules) if (version !== target.version && !shares.has(version)) shares.set(version, 0);
  const withControl = wanted.control ?? canKeepControl(present, shares);
  const kept = present.arms.filter((arm) => arm.name !== control);
  const arms = placeArms(kept, shares, { withControl, served: target.version });
  const nameOf = (version: number) => arms.find((arm) => arm.version === version && arm.name !== control)?.name;
  const isDivided = present.arms.length > 0 || present.rules.length > 0;
  return {
    unit: wanted.unit === undefined ? present.unit : wanted.unit,
    // Another experiment mixes the units anew.
    seed: isDivided ? present.seed : `${name}/${revision}`,
    arms,
    rules: rules.map(({ version, ...rule }) => ({ ...rule, arm: nameOf(version) ?? champion })),
    shadows: wanted.shadows ?? present.shadows,
  };
}

type WantedRules = NonNullable<WantedTraffic["rules"]>;

/** Those that send to what is still there. */
function keepRules({ arms, rules }: TrafficSettings, there: readonly number[], served: number): WantedRules {
  return rules.flatMap(({ arm, ...rule }) => {
    const version = arm === champion ? served : arms.find(({ name }) => name === arm)?.version;
    return version !== undefined && there.includes(version) ? [{ ...rule, version }] : [];
  });
}

function canKeepControl({ arms }: TrafficSettings, shares: ReadonlyMap<number, number>): boolean {
  const [share, ...others] = shares.values();
  return arms.some(({ name }) => name === control) && share !== undefined && others.length === 0 && share <= middle;
}

/** Of the versions beside the target. */
function toShares({ arms }: WantedTraffic, served: number): Map<number, number> {
  const shares = new Map(arms.map(({ version, share }) => [version, share]));
  if (shares.size < arms.length) throw invalid("Each version is named once.");
  const sum = arms.reduce((total, { share }) => total + share, 0);
  if (sum > BUCKETS) throw invalid(`The shares are ${toPercent(sum)} together; they may be 100 % at most.`);
  if (shares.has(served) && sum < BUCKETS)
    throw invalid(
      `The shares are ${toPercent(sum)} together, and version ${served} serves now. Leave its share out, and it has what the others leave; or give shares that are 100 % together.`,
    );
  shares.delete(served);
  return shares;
}

interface Placing {
  readonly withControl: boolean;
  readonly served: number;
}

function placeArms(present: readonly Arm[], shares: ReadonlyMap<number, number>, placing: Placing): readonly Arm[] {
  const { withControl, served } = placing;
  const wanted = [...shares].map(([version, share]) => ({ version, share }));
  if (withControl && wanted.length !== 1) throw invalid("A control is for one version beside the one that serves.");
  if (withControl && wanted[0]!.share > middle)
    throw invalid("With a control the version may have 50 % at most: both get the same share.");
  const named = nameArms(present, wanted);
  if (withControl)
    return [
      { ...named[0]!, from: 0 },
      { name: control, version: served, from: middle, share: named[0]!.share },
    ];
  return grow(present, named) ?? layOut(named);
}

type Named = Omit<Arm, "from">;

/** The first is the challenger, others are named for their version; who is there keeps its name. */
function nameArms(present: readonly Arm[], wanted: readonly Omit<Named, "name">[]): readonly Named[] {
  const known = new Map(present.map(({ version, name }) => [version, name]));
  let isFree = !wanted.some(({ version }) => known.get(version) === challenger);
  return wanted.map(({ version, share }) => {
    const kept = known.get(version);
    const name = kept ?? (isFree ? challenger : `v${version}`);
    if (name === challenger) isFree = false;
    return { name, version, share };
  });
}

/** Each that is there where it begins now, new ones where there is most room. Null: there is not enough. */
function grow(present: readonly Arm[], wanted: readonly Named[]): readonly Arm[] | null {
  const known = new Map(present.map(({ version, from }) => [version, from]));
  const placed: Arm[] = [];
  for (const arm of wanted) {
    const from = known.get(arm.version);
    if (from !== undefined) placed.push({ ...arm, from });
  }
  if (findOverlap(placed)) return null;
  for (const arm of wanted) {
    if (known.has(arm.version)) continue;
    const from = findRoom(placed, arm.share);
    if (from === null) return null;
    placed.push({ ...arm, from });
  }
  return wanted.map(({ version }) => placed.find((arm) => arm.version === version)!);
}

function findOverlap(arms: readonly Arm[]): boolean {
  const sorted = arms.filter(({ share }) => share > 0).toSorted((a, b) => a.from - b.from);
  return sorted.some(({ from, share }, index) => from + share > (sorted[index + 1]?.from ?? BUCKETS));
}

/** The middle of the largest gap, from which both neighbours can grow; its beginning where that is too narrow. */
function findRoom(arms: readonly Arm[], share: number): number | null {
  if (arms.length === 0) return 0;
  const sorted = arms.toSorted((a, b) => a.from - b.from);
  const gaps = sorted.map((arm, index) => ({ from: arm.from + arm.share, to: sorted[index + 1]?.from ?? BUCKETS }));
  const first = { from: 0, to: sorted[0]!.from };
  const [widest] = [first, ...gaps].toSorted((a, b) => b.to - b.from - (a.to - a.from));
  const { from, to } = widest!;
  const half = Math.floor((from + to) / 2);
  if (half + share <= to) return half;
  return from + share <= to ? from : null;
}

function layOut(wanted: readonly Named[]): readonly Arm[] {
  let from = 0;
  return wanted.map((arm) => {
    const placed = { ...arm, from };
    from += arm.share;
    return placed;
  });
}

function toPercent(share: number): string {
  return `${share / 100} %`;
}

function invalid(message: string): SlipwayError {
  return new SlipwayError("invalid_request", message);
}
