/** What runs where the database is: profiles are decoded, merged and judged there, not on the event loop. */
import type { TaskDb } from "../../platform/sql/index.ts";
import type { Finding } from "../finding.ts";
import { decodeProfile } from "../profiles/codec.ts";
import { createProfilePlan, type ColumnPlan, type ProfilePlan } from "../profiles/column-plan.ts";
import { readMergedProfile } from "../profiles/profile-tasks.ts";
import type { Profile } from "../profiles/profile.ts";
import { judgeQuality, type JudgeQualityInput } from "../quality/judge-quality.ts";
import type { DriftSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import type { Calibration } from "./calibration.ts";
import { judgeProfile } from "./judge-profile.ts";
import type { JudgedPart } from "./judged-part.ts";

export interface JudgePart extends Watched, Window {
  /** Null: there is no reference yet. */
  readonly reference: string | null;
  /** Null: the whole traffic, held against the whole reference. */
  readonly part: JudgedPart | null;
  readonly by:
    | { readonly judge: "drift"; readonly settings: DriftSettings; readonly alpha: number }
    | { readonly judge: "quality"; readonly settings: JudgeQualityInput["settings"] };
}

interface Usual {
  readonly profile: Profile;
  readonly calibration: Calibration;
}

interface UsualOfAll extends Usual {
  readonly plan: ProfilePlan;
  readonly provisional: boolean;
}

/** Findings as JSON, which goes from thread to thread in no time; null where there was no traffic, or the reference is no more. */
export async function judgePart(db: TaskDb, input: JudgePart): Promise<Uint8Array | null> {
  const all = input.reference === null ? null : await findReference(db, input, input.reference);
  if (input.reference !== null && all === null) return null;
  const slice = input.part?.slice ?? "";
  const { endpoint, model, version, from, to, by } = input;
  const plan = all?.plan ?? null;
  const current = await readMergedProfile(db, { endpoint, model, version, from, to, slice, plan });
  if (current === null) return null;
  const usual = input.part === null ? all : toUsual(input.part);
  const reference = all === null || usual === null ? null : { ...all, profile: usual.profile };
  const calibration = usual?.calibration ?? null;
  if (by.judge === "quality")
    return toJson(judgeQuality({ reference, calibration, current, settings: by.settings, slice }));
  if (reference === null || calibration === null) return null;
  const { settings, alpha } = by;
  return toJson(judgeProfile({ reference, calibration, current, at: from, settings, slice, alpha }));
}

const mostReferences = 20;
const mostParts = 100;
/** By the ids of references, and the keys of parts: either never changes. */
const references = new Map<string, UsualOfAll>();
const parts = new Map<string, Usual>();

async function findReference(
  db: TaskDb,
  { endpoint, model, version }: Watched,
  id: string,
): Promise<UsualOfAll | null> {
  const known = references.get(id);
  if (known !== undefined) return known;
  const [row] = await db.rows<Record<"plan" | "profile" | "calibration", string> & { readonly provisional: number }>(
    `select plan, profile, calibration, provisional from monitor_references
    where endpoint = ? and model = ? and version = ? and id = ?`,
    [endpoint, model, version, id],
  );
  if (row === undefined) return null;
  const columns = JSON.parse(row.plan) as (Omit<ColumnPlan, "edges"> & { readonly edges: number[] | null })[];
  const made: UsualOfAll = {
    plan: createProfilePlan(columns.map((each) => ({ ...each, edges: each.edges && Float64Array.from(each.edges) }))),
    profile: decodeProfile(Buffer.from(row.profile, "base64")),
    calibration: JSON.parse(row.calibration) as Calibration,
    provisional: row.provisional === 1,
  };
  keep(references, { key: id, value: made, most: mostReferences });
  return made;
}

function toUsual({ key, profile, calibration }: JudgedPart): Usual {
  const known = parts.get(key);
  if (known !== undefined) return known;
  const made = { profile: decodeProfile(profile), calibration: JSON.parse(calibration) as Calibration };
  keep(parts, { key, value: made, most: mostParts });
  return made;
}

function keep<T>(kept: Map<string, T>, { key, value, most }: { key: string; value: T; most: number }): void {
  kept.set(key, value);
  for (const oldest of [...kept.keys()].slice(0, Math.max(0, kept.size - most))) kept.delete(oldest);
}

function toJson(findings: readonly Finding[]): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(findings));
}
