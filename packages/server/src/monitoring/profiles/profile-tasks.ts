/** What runs where the database is: profiles are merged there, not on the event loop. */
import { SlipwayError } from "@slipway/contract/errors";
import type { Offset } from "@slipway/runtime/log";
import type { TaskDb } from "../../platform/sql/index.ts";
import { markPending } from "../watch/pending.ts";
import type { Watched, Window } from "../watched.ts";
import { decodeProfile, encodeProfile } from "./codec.ts";
import type { ProfilePlan } from "./column-plan.ts";
import { mergeProfiles } from "./merge.ts";
import { onPlan } from "./on-plan.ts";
import type { Profile } from "./profile.ts";
import type { Commit, MinuteCounts, ProfileKey, StoredProfile } from "./reader/messages.ts";

export interface SaveInput extends Commit {
  /** The offsets that the reader began with. */
  readonly before: readonly Offset[];
  readonly now: number;
  /** Of the change: see `markPending`. */
  readonly seq: string;
}

/** @throws SlipwayError `conflict` where somebody else has read on meanwhile */
export async function saveProfiles(db: TaskDb, input: SaveInput): Promise<null> {
  await moveOffsets(db, input);
  for (const profile of input.profiles) await putProfile(db, profile, input.now);
  for (const minute of input.minutes) await addMinute(db, minute, input.now);
  const windows = new Map(
    input.profiles.map(({ endpoint, model, version, from, to }) => [
      JSON.stringify([endpoint, model, version, from, to]),
      { endpoint, model, version, from, to },
    ]),
  );
  await markPending(db, [...windows.values()], { seq: input.seq });
  return null;
}

async function moveOffsets(db: TaskDb, { before, offsets }: SaveInput): Promise<void> {
  const stored = await listOffsets(db);
  const known = new Map(before.map((offset) => [offset.instance, offset]));
  for (const { instance, segment, byte } of stored) {
    const expected = known.get(instance);
    if (expected?.segment !== segment || expected.byte !== byte)
      throw new SlipwayError("conflict", "Another reader has made profiles of this log meanwhile; read again.");
  }
  const kept = new Set(offsets.map(({ instance }) => instance));
  for (const { instance } of stored)
    if (!kept.has(instance)) await db.change("delete from monitor_offsets where instance = ?", [instance]);
  for (const { instance, segment, byte } of offsets)
    await db.change(
      `insert into monitor_offsets (instance, segment, byte) values (?, ?, ?)
      on conflict (instance) do update set segment = excluded.segment, byte = excluded.byte`,
      [instance, segment, byte],
    );
}

export async function listOffsets(db: TaskDb): Promise<Offset[]> {
  const rows = await db.rows<Offset>("select instance, segment, byte from monitor_offsets order by instance");
  return rows.map(({ instance, segment, byte }) => ({ instance, segment, byte }));
}

async function putProfile(db: TaskDb, profile: StoredProfile, now: number): Promise<void> {
  const { endpoint, model, version, slice, from, to, planId, rows, requests, bytes } = profile;
  await db.change(
    `insert into monitor_profiles
      (endpoint, model, version, slice, from_at, to_at, plan, rows, requests, updated_at, bytes)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (endpoint, model, version, slice, from_at, to_at, plan) do update set
      rows = excluded.rows, requests = excluded.requests, updated_at = excluded.updated_at, bytes = excluded.bytes`,
    [endpoint, model, version, slice, from, to, planId, rows, requests, now, bytes],
  );
}

async function addMinute(db: TaskDb, minute: MinuteCounts, now: number): Promise<void> {
  const key = [minute.endpoint, minute.minute, minute.model, minute.version];
  const [known] = await db.rows<{ latency: string }>(
    "select latency from monitor_minutes where endpoint = ? and minute = ? and model = ? and version = ?",
    key,
  );
  const before = known === undefined ? [] : (JSON.parse(known.latency) as number[]);
  const latency = JSON.stringify(Array.from(minute.latency, (count, i) => count + (before[i] ?? 0)));
  await db.change(
    `insert into monitor_minutes
      (endpoint, minute, model, version, requests, rows, errors, refused, fallbacks, latency, updated_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (endpoint, minute, model, version) do update set
      requests = monitor_minutes.requests + excluded.requests, rows = monitor_minutes.rows + excluded.rows,
      errors = monitor_minutes.errors + excluded.errors, refused = monitor_minutes.refused + excluded.refused,
      fallbacks = monitor_minutes.fallbacks + excluded.fallbacks,
      latency = excluded.latency, updated_at = excluded.updated_at`,
    [...key, minute.requests, minute.rows, minute.errors, minute.refused, minute.fallbacks, latency, now],
  );
}

export async function loadProfiles(db: TaskDb, keys: readonly ProfileKey[]): Promise<(Uint8Array | null)[]> {
  const found: (Uint8Array | null)[] = [];
  for (const { endpoint, model, version, slice, from, to, planId } of keys) {
    const [row] = await db.rows<{ bytes: Uint8Array }>(
      `select bytes from monitor_profiles where endpoint = ? and model = ? and version = ? and slice = ?
        and from_at = ? and to_at = ? and plan = ?`,
      [endpoint, model, version, slice, from, to, planId],
    );
    found.push(row?.bytes ?? null);
  }
  return found;
}

export interface ReadProfiles extends Watched, Window {
  readonly slice: string;
  /** What they are brought onto; null: the plan of the newest. */
  readonly plan: ProfilePlan | null;
}

interface FoundRow extends Window {
  readonly bytes: Uint8Array;
}

/** Those of windows within the range, the oldest first; of each window, all plans together. */
export async function readProfiles(
  db: TaskDb,
  input: ReadProfiles & { readonly limit: number },
): Promise<(Window & { readonly bytes: Uint8Array })[]> {
  const rows = await findRows(db, input);
  const windows = new Map<string, FoundRow[]>();
  for (const row of rows) {
    const name = `${row.from} ${row.to}`;
    windows.set(name, [...(windows.get(name) ?? []), row]);
  }
  return [...windows.values()].slice(0, input.limit).map((same) => {
    const { from, to } = same[0] as FoundRow;
    return { from, to, bytes: mergeAll(same, input.plan) };
  });
}

/** All of the range together; null where there is none. */
export async function readMerged(db: TaskDb, input: ReadProfiles): Promise<Uint8Array | null> {
  const rows = await findRows(db, input);
  return rows.length === 0 ? null : mergeAll(rows, input.plan);
}

/** The same for what goes on with it where the database is. */
export async function readMergedProfile(db: TaskDb, input: ReadProfiles): Promise<Profile | null> {
  const rows = await findRows(db, input);
  return rows.length === 0 ? null : toMerged(rows, input.plan);
}

async function findRows(db: TaskDb, { endpoint, model, version, slice, from, to }: ReadProfiles): Promise<FoundRow[]> {
  const rows = await db.rows<{ from_at: number; to_at: number; bytes: Uint8Array }>(
    `select from_at, to_at, bytes from monitor_profiles
    where endpoint = ? and model = ? and version = ? and slice = ? and from_at >= ? and to_at <= ?
    order by from_at, to_at, updated_at`,
    [endpoint, model, version, slice, from, to],
  );
  return rows.map(({ from_at, to_at, bytes }) => ({ from: from_at, to: to_at, bytes }));
}

function mergeAll(rows: readonly FoundRow[], plan: ProfilePlan | null): Uint8Array {
  if (rows.length === 1 && plan === null) return (rows[0] as FoundRow).bytes;
  return encodeProfile(toMerged(rows, plan));
}

function toMerged(rows: readonly FoundRow[], plan: ProfilePlan | null): Profile {
  const profiles = rows.map(({ bytes }) => decodeProfile(bytes));
  return plan === null ? joinSame(profiles) : profiles.map((each) => onPlan(each, plan)).reduce(mergeProfiles);
}

/** Without a plan to bring the others onto, what is not on the newest one cannot be told. */
function joinSame(profiles: readonly Profile[]): Profile {
  const last = profiles.at(-1) as Profile;
  return profiles.filter(({ planId }) => planId === last.planId).reduce(mergeProfiles);
}

export interface ListSlices extends Watched, Window {}

export async function listSlices(db: TaskDb, { endpoint, model, version, from, to }: ListSlices) {
  return db.rows<{ slice: string; rows: number }>(
    `select slice, cast(sum(rows) as bigint) as rows from monitor_profiles
    where endpoint = ? and model = ? and version = ? and from_at >= ? and to_at <= ?
    group by slice order by slice`,
    [endpoint, model, version, from, to],
  );
}

export interface PruneInput {
  /** What was written to last before, milliseconds, goes. */
  readonly profiles: number;
  readonly minutes: number;
}

export async function pruneProfiles(db: TaskDb, { profiles, minutes }: PruneInput): Promise<number> {
  const gone = await db.change("delete from monitor_profiles where updated_at < ?", [profiles]);
  return gone + (await db.change("delete from monitor_minutes where updated_at < ?", [minutes]));
}
