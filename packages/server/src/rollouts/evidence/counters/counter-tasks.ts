/** What runs where the database is: counts and offsets change together, so that each record counts once. */
import { SlipwayError } from "@slipway/contract/errors";
import type { Offset } from "@slipway/runtime/log";
import type { TaskDb } from "../../../platform/sql/index.ts";
import { addCounts, type Cell, type Counts, type Plan } from "./counts.ts";

interface Move {
  /** The offsets that the reader began with. */
  readonly before: readonly Offset[];
  readonly offsets: readonly Offset[];
}

export interface SaveCounts extends Move {
  readonly cells: readonly Cell[];
}

/** @throws SlipwayError `conflict` where somebody else has read on meanwhile */
export async function saveCounts(db: TaskDb, input: SaveCounts): Promise<null> {
  await moveOffsets(db, input);
  for (const { rollout, revision, arm, via, propensity, counts } of input.cells) {
    const key = [rollout, revision, arm, via, propensity];
    const [known] = await db.rows<{ counts: string }>(
      "select counts from rollout_counts where rollout = ? and revision = ? and arm = ? and via = ? and propensity = ?",
      key,
    );
    const sum = known === undefined ? counts : addCounts(JSON.parse(known.counts) as Counts, counts);
    await db.change(
      `insert into rollout_counts (rollout, revision, arm, via, propensity, counts) values (?, ?, ?, ?, ?, ?)
      on conflict (rollout, revision, arm, via, propensity) do update set counts = excluded.counts`,
      [...key, JSON.stringify(sum)],
    );
  }
  return null;
}

export interface BeginEvidence extends Move {
  readonly plan: Plan;
  readonly now: number;
}

/** From the offsets on what is on record counts for this rollout, too. */
export async function beginEvidence(db: TaskDb, { plan, now, ...move }: BeginEvidence): Promise<null> {
  await moveOffsets(db, move);
  await db.change(
    `insert into rollout_evidence (rollout, active, started_at, plan) values (?, 1, ?, ?) on conflict (rollout) do nothing`,
    [plan.rollout, now, JSON.stringify(plan)],
  );
  return null;
}

async function moveOffsets(db: TaskDb, { before, offsets }: Move): Promise<void> {
  const known = new Map(before.map((offset) => [offset.instance, offset]));
  const stored = await listOffsets(db);
  const isSame = stored.every(({ instance, segment, byte }) => {
    const expected = known.get(instance);
    return expected?.segment === segment && expected.byte === byte;
  });
  if (!isSame || stored.length !== before.length)
    throw new SlipwayError("conflict", "Another reader has counted this log for rollouts meanwhile; read again.");
  const kept = new Set(offsets.map(({ instance }) => instance));
  for (const { instance } of stored)
    if (!kept.has(instance)) await db.change("delete from rollout_offsets where instance = ?", [instance]);
  for (const { instance, segment, byte } of offsets)
    await db.change(
      `insert into rollout_offsets (instance, segment, byte) values (?, ?, ?)
      on conflict (instance) do update set segment = excluded.segment, byte = excluded.byte`,
      [instance, segment, byte],
    );
}

export async function listOffsets(db: TaskDb): Promise<Offset[]> {
  const rows = await db.rows<Offset>("select instance, segment, byte from rollout_offsets order by instance");
  return rows.map(({ instance, segment, byte }) => ({ instance, segment, byte }));
}

/** Of rollouts that have not ended. */
export async function listPlans(db: TaskDb): Promise<Plan[]> {
  const rows = await db.rows<{ plan: string }>("select plan from rollout_evidence where active = 1 order by rollout");
  return rows.map(({ plan }) => JSON.parse(plan) as Plan);
}

export interface Stored {
  readonly plan: Plan;
  readonly startedAt: number;
  readonly cells: readonly Cell[];
  /** The first revision of each step. */
  readonly steps: readonly { readonly step: number; readonly revision: number }[];
}

/** Null: it was never begun. */
export async function readEvidence(db: TaskDb, rollout: string): Promise<Stored | null> {
  const [row] = await db.rows<{ plan: string; started_at: number }>(
    "select plan, started_at from rollout_evidence where rollout = ?",
    [rollout],
  );
  if (row === undefined) return null;
  const cells = await db.rows<Omit<Cell, "counts"> & { readonly counts: string }>(
    "select rollout, revision, arm, via, propensity, counts from rollout_counts where rollout = ? order by revision, arm, via",
    [rollout],
  );
  const steps = await db.rows<{ step: number; revision: number }>(
    "select step, revision from rollout_steps where rollout = ? order by step",
    [rollout],
  );
  return {
    plan: JSON.parse(row.plan) as Plan,
    startedAt: row.started_at,
    cells: cells.map((cell) => ({ ...cell, counts: JSON.parse(cell.counts) as Counts })),
    steps,
  };
}

/** Budgets that are known now; those that were known stay. */
export async function freezeBudgets(
  db: TaskDb,
  { rollout, budgets }: { readonly rollout: string; readonly budgets: Readonly<Record<string, number>> },
): Promise<null> {
  const [row] = await db.rows<{ plan: string }>("select plan from rollout_evidence where rollout = ?", [rollout]);
  if (row === undefined) return null;
  const plan = JSON.parse(row.plan) as Plan;
  const frozen = Object.fromEntries(
    Object.entries(plan.budgets).map(([name, known]) => [name, known ?? budgets[name] ?? null]),
  );
  const text = JSON.stringify({ ...plan, budgets: frozen } satisfies Plan);
  await db.change("update rollout_evidence set plan = ? where rollout = ?", [text, rollout]);
  return null;
}

export async function markStep(
  db: TaskDb,
  { rollout, step, revision }: { readonly rollout: string; readonly step: number; readonly revision: number },
): Promise<null> {
  await db.change(
    "insert into rollout_steps (rollout, step, revision) values (?, ?, ?) on conflict (rollout, step) do nothing",
    [rollout, step, revision],
  );
  return null;
}

/** What was counted stays. With the last rollout the offsets go: the next one begins at the end of the log. */
export async function endEvidence(db: TaskDb, rollout: string): Promise<null> {
  await db.change("update rollout_evidence set active = 0 where rollout = ?", [rollout]);
  const [left] = await db.rows("select rollout from rollout_evidence where active = 1 limit 1");
  if (left === undefined) await db.change("delete from rollout_offsets");
  return null;
}
