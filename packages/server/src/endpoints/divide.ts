import { BUCKETS, createHashUnit } from "@slipway/statistics";
import type { Signature } from "@slipway/runtime";
import type { LoadedVersion } from "../serving/index.ts";
import { champion, control, type Arm, type TrafficRule, type TrafficSettings } from "./endpoint.ts";
import { readField } from "./read-field.ts";
import type { ParsedRequest } from "./parsed-request.ts";

/** Why the buckets did not choose: the request does not say whose it is. */
export const noUnit = "no_unit";

/** The version of an arm, in memory. */
export interface LoadedArm {
  readonly arm: Arm;
  readonly loaded: LoadedVersion;
}

/** Where a request goes, and what of it stands on record. Made once a revision, for each arm and rule. */
export interface Assignment {
  readonly arm: string;
  /** Null: the buckets chose. */
  readonly rule: string | null;
  /** How probable the arm was for this request, above 0 to 1. */
  readonly propensity: number;
  readonly loaded: LoadedVersion;
  /** What was parsed for the champion is what this version takes. */
  readonly takesSame: boolean;
  readonly logFields: LogFields;
}

export type LogFields = (answered: Pick<LoadedVersion, "version" | "signature"> | null) => Uint8Array;

/** What of a request decides where it goes. */
export interface Divided {
  readonly id: string;
  /** The first value of a header, its name in lower case; null where there is none. */
  readonly header: (name: string) => string | null;
  /** As the champion's signature has it; null where it was not parsed. */
  readonly parsed: ParsedRequest | null;
}

interface Choice {
  readonly assignment: Assignment;
  /** Where the unit fell; null: no unit decided. */
  readonly bucket: number | null;
}

/** How the traffic of one endpoint is divided: a table made once, so that a decision is a hash and a look into it. */
export interface Division {
  /** A record field decides: the request has to be parsed for the champion first. */
  readonly readsBody: boolean;
  /** The header that the unit is in, else null. */
  readonly unitHeader: string | null;
  choose(request: Divided): Choice;
  /** Of a request whose body nobody can read: it has no unit. */
  readonly unread: Assignment;
}

interface Given {
  readonly traffic: TrafficSettings;
  readonly served: LoadedVersion;
  readonly arms: readonly LoadedArm[];
  readonly toLogFields: (chosen: Pick<Assignment, "arm" | "rule" | "propensity" | "loaded">) => LogFields;
}

interface Rule {
  readonly header: string | null;
  readonly field: string | null;
  readonly values: ReadonlySet<string>;
  readonly assignment: Assignment;
}

/**
 * Null: the traffic is not divided. An arm that is not loaded leaves its buckets, and what rules send it, to the champion. So does the control while the challenger is
 * missing: what it answers alone would be held against nothing.
 */
export function divide({ traffic, served, arms: loadedArms, toLogFields }: Given): Division | null {
  if (traffic.arms.length === 0 && traffic.rules.length === 0) return null;
  const isWhole = loadedArms.length === traffic.arms.length;
  const arms = isWhole ? loadedArms : loadedArms.filter(({ arm }) => arm.name !== control);
  const signature = JSON.stringify(served.signature);
  const versions = new Map([[champion, served], ...arms.map(({ arm, loaded }) => [arm.name, loaded] as const)]);
  const assign = (wanted: string, rule: string | null, propensity: number): Assignment => {
    const arm = versions.has(wanted) ? wanted : champion;
    const loaded = versions.get(arm)!;
    const takesSame = loaded === served || JSON.stringify(loaded.signature) === signature;
    const chosen = { arm, rule, propensity, loaded };
    return { ...chosen, takesSame, logFields: toLogFields(chosen) };
  };
  const owners = toOwners(arms.map(({ arm }) => arm));
  const counts = Map.groupBy(owners, (owner) => owner);
  const ofArm = new Map([...counts].map(([arm, all]) => [arm, assign(arm, null, all.length / BUCKETS)]));
  const buckets = owners.map((owner) => ofArm.get(owner)!);
  const rules = traffic.rules.map((rule) => toRule(rule, assign(rule.arm, rule.name, 1)));
  const unread = assign(champion, noUnit, 1);
  const hash = createHashUnit(traffic.seed);
  const unit = toUnit(traffic.unit);

  return {
    readsBody: unit?.field !== undefined || rules.some(({ field }) => field !== null),
    unitHeader: unit?.header ?? null,
    unread,
    choose(request) {
      for (const rule of rules) {
        const value =
          rule.header === null ? fieldOf(request, rule.field!, served.signature) : request.header(rule.header);
        if (value !== null && rule.values.has(value)) return { assignment: rule.assignment, bucket: null };
      }
      if (unit === null) return { assignment: buckets[hash(request.id)]!, bucket: null };
      const value =
        unit.header === undefined ? fieldOf(request, unit.field, served.signature) : request.header(unit.header);
      if (value === null) return { assignment: unread, bucket: null };
      const bucket = hash(value);
      return { assignment: buckets[bucket]!, bucket };
    },
  };
}

/** The arm of each bucket. */
export function toOwners(arms: readonly Arm[]): readonly string[] {
  const owners = Array.from({ length: BUCKETS }, () => champion);
  for (const { name, from, share } of arms) owners.fill(name, from, from + share);
  return owners;
}

function toRule({ header, field, values }: TrafficRule, assignment: Assignment): Rule {
  return { header: header?.toLowerCase() ?? null, field, values: new Set(values), assignment };
}

function fieldOf({ parsed }: Divided, name: string, signature: Signature): string | null {
  return parsed === null ? null : readField(parsed, signature, name);
}

type Unit =
  | { readonly header: string; readonly field?: undefined }
  | { readonly field: string; readonly header?: undefined };

/** `header:NAME`, or a record field. Null: each request by itself. */
function toUnit(text: string | null): Unit | null {
  if (text === null) return null;
  return text.startsWith("header:") ? { header: text.slice("header:".length).toLowerCase() } : { field: text };
}

/** The record fields that decide, which a request may have besides the model's inputs. */
export function listDecidingFields({ unit, rules }: TrafficSettings): readonly string[] {
  const ofRules = rules.flatMap(({ field }) => (field === null ? [] : [field]));
  const field = toUnit(unit)?.field;
  return field === undefined ? ofRules : [field, ...ofRules];
}
