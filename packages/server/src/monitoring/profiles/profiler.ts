import type { Signature } from "@slipway/runtime";
import { compareOffsets, type Offset } from "@slipway/runtime/log";
import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import { createShared } from "../../kernel/shared-run.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { toColumns } from "../../predictions/index.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import type { ProfilePlan } from "./column-plan.ts";
import type * as tasks from "./profile-tasks.ts";
import type { Profile } from "./profile.ts";
import { createProfilesStore, profileScript, type ProfilesStore } from "./profiles-store.ts";
import type { Ask, Commit, LaneSetting, Questions, ReadResult } from "./reader/messages.ts";
import { type ReaderThread, startReader } from "./reader/reader-thread.ts";
import { toSignaturePlan } from "./signature-plan.ts";
import { toSlices } from "./slices.ts";

export interface ProfilerDeps {
  /** Of the prediction log. */
  readonly logFolder: string;
  readonly sql: Sql;
  /** Behind what each process of this server has written. */
  readonly growing: () => Promise<readonly Offset[]>;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  /** What gives columns their bins, and slices their values; null where there is none yet. */
  readonly findReference: (
    watched: Watched,
  ) => Promise<{ readonly plan: ProfilePlan; readonly profile: Profile } | null>;
  /** Null: the endpoint is not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long profiles are kept after they were written to last. 90 days. */
  readonly keepMs?: number | undefined;
  /** Called before each step that a crash may fall between: for tests. */
  readonly onStep?: ((step: string) => Promise<void>) | undefined;
}

/** Makes profiles of all traffic that is on record: each prediction counts once, whatever is killed when. */
export interface Profiler extends ProfilesStore {
  /** Everything on record now is in the profiles when it resolves. Calls at the same time share a pass that begins after them. */
  sync(): Promise<void>;
  /** The same where it is due: each time that a window has ended, each 10 seconds at the latest. */
  tick(): Promise<void>;
  /** How far the log has been read, by instance: a segment that is not wholly behind it must stay. */
  offsets(): Promise<ReadonlyMap<string, Offset>>;
  /** Since the start. */
  stats(): ProfilerStats;
  close(): Promise<void>;
}

export interface ProfilerStats {
  readonly records: number;
  readonly rows: number;
  /** Records that could not be read and were passed over. */
  readonly damaged: number;
}

const patienceMs = 10_000;
/** Predictions that were under way at a window's end are on record by then. */
const graceMs = 2_000;
/** A thread that has had nothing to read for so long ends. */
const idleMs = 60_000;
const pruneMs = 3_600_000;
const day = 86_400_000;
const keepMinutesMs = 35 * day;

export function createProfiler(deps: ProfilerDeps): Profiler {
  const { clock, logger } = deps;
  const store = createProfilesStore(deps.sql);
  const { read, write } = deps.sql.tasks<typeof tasks>(profileScript);
  const stats = { records: 0, rows: 0, damaged: 0 };
  const windows = new Set<number>();
  let known: readonly Offset[] = [];
  let seen: string | null = null;
  let lastSync = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  const settingOf = createSettingOf(deps);
  const prune = createPruning(deps);

  async function commit({ offsets, profiles, minutes }: Commit): Promise<null> {
    await deps.onStep?.("read");
    if (profiles.length > 0 || minutes.length > 0 || !sameOffsets(known, offsets)) {
      const input = { before: known, offsets, profiles, minutes, now: clock.now(), seq: createId() };
      await write("saveProfiles", input);
    }
    known = offsets;
    await deps.onStep?.("saved");
    return null;
  }

  const answers: { [N in keyof Questions]: (input: Questions[N]["input"]) => Promise<Questions[N]["output"]> } = {
    setting: ({ watched, have }) => settingOf(watched, have),
    load: (keys) => read("loadProfiles", keys),
    commit,
  };
  const reading = createReading({ ...deps, answer: (name, input) => answers[name](input) });

  async function pass(): Promise<void> {
    const now = clock.now();
    // Whole instances come in from files, which nothing grows.
    const there = JSON.stringify([await deps.growing(), await listInstances(deps.logFolder)]);
    lastSync = now;
    await prune(now);
    if (there === seen) return reading.rest();
    known = await read("listOffsets", null);
    const { records, rows, damaged, windows: written } = await reading.read(known);
    stats.records += records;
    stats.rows += rows;
    stats.damaged += damaged;
    for (const windowMs of written) windows.add(windowMs);
    if (damaged > 0) logger.warn({ records: damaged }, "damaged records of the prediction log are in no profile");
    seen = there;
  }

  const sync = createShared(async () => {
    if (isClosed) return;
    try {
      await pass();
    } catch (error) {
      // The thread was stopped; what it had not committed it reads again after the next start.
      if (!isClosed) throw error;
    }
  });

  function isDue(now: number): boolean {
    const windowOf = (at: number, windowMs: number) => Math.floor((at - graceMs) / windowMs);
    const hasEnded = [...windows].some((windowMs) => windowOf(now, windowMs) > windowOf(lastSync, windowMs));
    return hasEnded || now - lastSync >= patienceMs;
  }

  return {
    ...store,
    sync,
    async tick() {
      if (isDue(clock.now())) await sync();
    },
    async offsets() {
      const offsets = await read("listOffsets", null);
      return new Map(offsets.map((offset) => [offset.instance, offset]));
    },
    stats: () => ({ ...stats }),
    async close() {
      isClosed = true;
      await reading.close();
    },
  };
}

/** A thread while there is something to read. */
function createReading({ logFolder, clock, answer }: Pick<ProfilerDeps, "logFolder" | "clock"> & { answer: Ask }) {
  let thread: ReaderThread | null = null;
  let used = 0;

  async function close(): Promise<void> {
    const ended = thread;
    thread = null;
    await ended?.close();
  }

  return {
    async read(after: readonly Offset[]): Promise<ReadResult> {
      thread ??= startReader(logFolder, answer);
      try {
        const result = await thread.read({ after });
        used = clock.now();
        return result;
      } catch (error) {
        await close();
        throw error;
      }
    },
    async rest(): Promise<void> {
      if (clock.now() - used >= idleMs) await close();
    },
    close,
  };
}

function createPruning({ sql, clock, keepMs = 90 * day }: ProfilerDeps) {
  const { write } = sql.tasks<typeof tasks>(profileScript);
  let pruned = clock.now();
  return async (now: number): Promise<void> => {
    if (now - pruned < pruneMs) return;
    pruned = now;
    await write("pruneProfiles", { profiles: now - keepMs, minutes: now - Math.min(keepMs, keepMinutesMs) });
  };
}

/** How a version is profiled now; true where that is what the reader knows. */
function createSettingOf({ findSignature, findReference, settingsOf }: ProfilerDeps) {
  return async (watched: Watched, have: string | null): Promise<LaneSetting | true | null> => {
    const settings = settingsOf(watched.endpoint);
    if (settings === null) return null;
    const signature = await findSignature(watched.model, watched.version);
    if (signature === null) return null;
    const reference = await findReference(watched);
    const plan = reference?.plan ?? toSignaturePlan(signature);
    const slices = toSlices(settings.slices, reference?.profile ?? null);
    const layout = toColumns(signature);
    const { windowMs } = settings;
    const told = JSON.stringify([plan.id, layout.signature, windowMs, slices]);
    const key = createHash("sha256").update(told).digest("hex");
    return key === have ? true : { key, plan, layout, windowMs, slices };
  };
}

async function listInstances(logFolder: string): Promise<string[]> {
  try {
    return await readdir(logFolder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function sameOffsets(a: readonly Offset[], b: readonly Offset[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Map(a.map((offset) => [offset.instance, offset]));
  return b.every((offset) => {
    const other = known.get(offset.instance);
    return other !== undefined && compareOffsets(other, offset) === 0;
  });
}
