import { raw, type Sql, type Transaction } from "../../platform/sql/index.ts";
import type { Finding } from "../finding.ts";
import type { Watched, Window } from "../watched.ts";
import { parseFindings, toFindingsText } from "./findings-text.ts";
import type { PendingWindow } from "./pending.ts";

interface PendingRow {
  endpoint: string;
  model: string;
  version: number;
  from_at: number;
  to_at: number;
  judge: string;
  seq: string;
}

interface VerdictRow {
  endpoint: string;
  model: string;
  version: number;
  from_at: number;
  to_at: number;
  judge: string;
  judged_at: number;
  fails: number;
  findings: string;
}

export interface WatchTables {
  monitor_pending: PendingRow;
  monitor_verdicts: VerdictRow;
}

/** What one judge found in one window. */
export interface Verdicts {
  readonly watched: Watched;
  readonly window: Window;
  readonly judge: string;
  readonly judgedAt: number;
  /** Findings that fail. */
  readonly fails: number;
  readonly findings: readonly Finding[];
}

export interface ListVerdicts {
  readonly endpoint: string;
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  readonly judge?: string | undefined;
  /** Of the windows' ends: after (exclusive) and up to (inclusive), milliseconds. */
  readonly after?: number | undefined;
  readonly until?: number | undefined;
  readonly limit: number;
}

export interface WhichPending {
  /** Only those behind it. */
  readonly after?: PendingWindow | null;
  /** Only those that ended less than two of their lengths before. */
  readonly freshAt?: number;
}

export interface ReopenAll {
  /** Of the windows: those of a former length stay as they were judged. */
  readonly windowMs: number;
  readonly judge: string;
  /** Windows that ended `before`, and of which one of the costly judges has said something: only the others are asked again. */
  readonly sparing: {
    readonly costly: readonly string[];
    readonly others: readonly string[];
    readonly before: number;
  } | null;
  readonly seq: string;
}

export interface WatchStore {
  /** Windows that ended at `before` or earlier, the oldest first. */
  listPending(before: number, limit: number, which?: WhichPending): Promise<PendingWindow[]>;
  addPending(windows: readonly PendingWindow[]): Promise<void>;
  /** Windows of the version that have verdicts are judged again. */
  reopenAll(watched: Watched, how: ReopenAll): Promise<void>;
  /** In one transaction with what `within` does: the verdicts are kept, and the window does not wait any more unless it has changed meanwhile. */
  save(
    pending: PendingWindow,
    verdicts: readonly Verdicts[],
    within: (trx: Transaction<WatchTables>) => Promise<void>,
  ): Promise<void>;
  /** Newest window first. */
  list(query: ListVerdicts): Promise<Verdicts[]>;
  /** Removes verdicts that are older: of an imported past, which was judged today, they stay. */
  prune(before: number): Promise<void>;
}

/** Values of an insert at once. */
const chunk = 500;

export function createWatchStore(sql: Sql): WatchStore {
  const { db, tx } = sql.as<WatchTables>();

  return {
    async listPending(before, limit, { after = null, freshAt } = {}) {
      let query = db.selectFrom("monitor_pending").selectAll().where("to_at", "<=", before);
      if (freshAt !== undefined) query = query.where(raw<boolean>`to_at + 2 * (to_at - from_at) > ${freshAt}`);
      if (after !== null) {
        const { to, from, endpoint, model, version, judge } = after;
        // The first is for the index.
        query = query
          .where("to_at", ">=", to)
          .where(
            raw<boolean>`(to_at, from_at, endpoint, model, version, judge) > (${to}, ${from}, ${endpoint}, ${model}, ${version}, ${judge})`,
          );
      }
      for (const key of ["to_at", "from_at", "endpoint", "model", "version", "judge"] as const)
        query = query.orderBy(key);
      const rows = await query.limit(limit).execute();
      return rows.map(({ from_at, to_at, ...row }) => ({ ...row, from: from_at, to: to_at }));
    },
    addPending: (windows) => tx((trx) => insertPending(trx, windows)),
    reopenAll: (watched, how) => tx(async (trx) => insertPending(trx, await listReopened(trx, watched, how))),
    async save(pending, verdicts, within) {
      const rows: VerdictRow[] = [];
      for (const each of verdicts) rows.push(await toVerdictRow(each));
      await tx(async (trx) => {
        const row = toPendingRow(pending);
        let forget = trx.deleteFrom("monitor_pending");
        for (const key of ["endpoint", "model", "version", "from_at", "to_at", "judge", "seq"] as const)
          forget = forget.where(key, "=", row[key]);
        await forget.execute();
        for (const each of rows)
          await trx
            .insertInto("monitor_verdicts")
            .values(each)
            .onConflict((conflict) =>
              conflict
                .columns(["endpoint", "model", "version", "from_at", "to_at", "judge"])
                .doUpdateSet(({ ref }) => ({
                  judged_at: ref("excluded.judged_at"),
                  fails: ref("excluded.fails"),
                  findings: ref("excluded.findings"),
                })),
            )
            .execute();
        await within(trx);
      });
    },
    async list({ endpoint, model, version, judge, after, until, limit }) {
      let query = db.selectFrom("monitor_verdicts").selectAll().where("endpoint", "=", endpoint);
      if (model !== undefined) query = query.where("model", "=", model);
      if (version !== undefined) query = query.where("version", "=", version);
      if (judge !== undefined) query = query.where("judge", "=", judge);
      if (after !== undefined) query = query.where("to_at", ">", after);
      if (until !== undefined) query = query.where("to_at", "<=", until);
      const rows = await query
        .orderBy("to_at", "desc")
        .orderBy("from_at", "desc")
        .orderBy("judge")
        .limit(limit)
        .execute();
      return rows.map(toVerdicts);
    },
    async prune(before) {
      await db.deleteFrom("monitor_verdicts").where("judged_at", "<", before).execute();
    },
  };
}

async function listReopened(
  trx: Transaction<WatchTables>,
  { endpoint, model, version }: Watched,
  { windowMs, judge, sparing, seq }: ReopenAll,
): Promise<PendingWindow[]> {
  const judged = trx
    .selectFrom("monitor_verdicts")
    .select(["from_at", "to_at"])
    .distinct()
    .where("endpoint", "=", endpoint)
    .where("model", "=", model)
    .where("version", "=", version)
    .where(raw<boolean>`to_at - from_at = ${windowMs}`);
  const spared = new Set<number>();
  if (sparing !== null && sparing.costly.length > 0) {
    const said = judged.where("judge", "in", sparing.costly).where("findings", "<>", "[]");
    for (const { to_at } of await said.where("to_at", "<", sparing.before).execute()) spared.add(to_at);
  }
  const windows = await judged.execute();
  return windows.flatMap(({ from_at: from, to_at: to }) => {
    const names = sparing !== null && spared.has(to) ? sparing.others : [judge];
    return names.map((name) => ({ endpoint, model, version, from, to, judge: name, seq }));
  });
}

async function insertPending(trx: Transaction<WatchTables>, windows: readonly PendingWindow[]): Promise<void> {
  for (let at = 0; at < windows.length; at += chunk)
    await trx
      .insertInto("monitor_pending")
      .values(windows.slice(at, at + chunk).map(toPendingRow))
      .onConflict((conflict) =>
        conflict
          .columns(["endpoint", "model", "version", "from_at", "to_at", "judge"])
          .doUpdateSet(({ ref }) => ({ seq: ref("excluded.seq") })),
      )
      .execute();
}

function toPendingRow({ endpoint, model, version, from, to, judge, seq }: PendingWindow): PendingRow {
  return { endpoint, model, version, from_at: from, to_at: to, judge, seq };
}

async function toVerdictRow({ watched, window, judge, judgedAt, fails, findings }: Verdicts): Promise<VerdictRow> {
  const { endpoint, model, version } = watched;
  const key = { endpoint, model, version, from_at: window.from, to_at: window.to, judge };
  return { ...key, judged_at: judgedAt, fails, findings: await toFindingsText(findings) };
}

function toVerdicts(row: VerdictRow): Verdicts {
  return {
    watched: { endpoint: row.endpoint, model: row.model, version: row.version },
    window: { from: row.from_at, to: row.to_at },
    judge: row.judge,
    judgedAt: row.judged_at,
    fails: row.fails,
    findings: parseFindings(row.findings, null),
  };
}
