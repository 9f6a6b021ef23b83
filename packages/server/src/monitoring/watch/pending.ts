import type { TaskDb } from "../../platform/sql/index.ts";
import type { Watched, Window } from "../watched.ts";

/** The judge of a pending window that all judges are asked about. */
export const everyJudge = "*";

/** A window about which something has changed, to be judged again once it has ended. */
export interface PendingWindow extends Watched, Window {
  readonly judge: string;
  /** Differs after every change. */
  readonly seq: string;
}

/** For the transaction of a SQL task that changes what the judges see. `seq`: any text that no earlier change had. */
export async function markPending(
  db: TaskDb,
  windows: readonly (Watched & Window)[],
  { seq, judge = everyJudge }: { readonly seq: string; readonly judge?: string },
): Promise<void> {
  for (const { endpoint, model, version, from, to } of windows)
    await db.change(
      `insert into monitor_pending (endpoint, model, version, from_at, to_at, judge, seq) values (?, ?, ?, ?, ?, ?, ?)
      on conflict (endpoint, model, version, from_at, to_at, judge) do update set seq = excluded.seq`,
      [endpoint, model, version, from, to, judge, seq],
    );
}
