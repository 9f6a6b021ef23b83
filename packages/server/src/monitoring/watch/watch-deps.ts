import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Transaction } from "../../platform/sql/index.ts";
import type { Judge } from "../judge.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched, Window } from "../watched.ts";
import type { Verdicts, WatchStore, WatchTables } from "./store.ts";

/** What all judges found in one window, told in the transaction that keeps it. */
export interface Judged {
  readonly watched: Watched;
  readonly window: Window;
  readonly settings: MonitorSettings;
  readonly verdicts: readonly Verdicts[];
  readonly now: number;
}

export interface WatchDeps {
  readonly store: WatchStore;
  readonly judges: readonly Judge[];
  /** Brings what the judges read up to what is on record now. */
  readonly sync: () => Promise<void>;
  /** Of an endpoint; null: it is not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  /** Windows without traffic that are to be looked at as well: the last ones of what serves. */
  readonly listQuiet: (now: number) => readonly (Watched & Window)[];
  /** Windows that ended a moment ago are told in the order of their ends, then the past in its own. */
  readonly take: (trx: Transaction<WatchTables>, judged: Judged) => Promise<void>;
  /** After a transaction that `take` was part of. */
  readonly taken: () => void;
  /** How long verdicts are kept. */
  readonly keepMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
}
