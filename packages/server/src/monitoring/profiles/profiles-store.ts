import type { Sql } from "../../platform/sql/index.ts";
import type { Watched, Window } from "../watched.ts";
import { decodeProfile } from "./codec.ts";
import type { ProfilePlan } from "./column-plan.ts";
import type * as tasks from "./profile-tasks.ts";
import type { Profile } from "./profile.ts";

export const profileScript = new URL(
  `./profile-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`,
  import.meta.url,
);

export interface FindProfiles extends Window {
  readonly watched: Watched;
  /** All of the traffic unless given. */
  readonly slice?: string | undefined;
  /**
   * What profiles of other plans are brought onto: that of the reference they are held against. Left out: only those of the
   * newest plan in the range count.
   */
  readonly plan?: ProfilePlan | undefined;
}

/** Traffic of a minute. */
export interface Minute extends Watched {
  readonly minute: number;
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  readonly refused: number;
  readonly fallbacks: number;
  /** By `latencyEdges`. */
  readonly latency: readonly number[];
}

export interface ListMinutes extends Window {
  readonly endpoint: string;
  /** Requests that came to no version have an empty model and version 0. All unless given. */
  readonly model?: string | undefined;
  readonly version?: number | undefined;
}

/** Profiles as they are stored. A range takes in whole windows only. */
export interface ProfilesStore {
  /** One for each window with traffic, the oldest first. */
  list(
    query: FindProfiles & { readonly limit?: number | undefined },
  ): Promise<(Window & { readonly profile: Profile })[]>;
  /** All windows of the range together; null where there was no traffic. */
  find(query: FindProfiles): Promise<Profile | null>;
  /** Those that had traffic, with the rows they had; the whole traffic is "". */
  listSlices(
    query: Window & { readonly watched: Watched },
  ): Promise<readonly { readonly slice: string; readonly rows: number }[]>;
  /** The oldest first; minutes without traffic are not there. */
  listMinutes(query: ListMinutes): Promise<Minute[]>;
}

interface MinuteRow extends Omit<Minute, "latency"> {
  readonly latency: string;
}

export interface ProfileTables {
  monitor_minutes: MinuteRow;
}

const mostWindows = 10_000;

export function createProfilesStore(sql: Sql): ProfilesStore {
  const { read } = sql.tasks<typeof tasks>(profileScript);
  const { db } = sql.as<ProfileTables>();
  return {
    async list({ limit = mostWindows, ...query }) {
      const found = await read("readProfiles", { ...toInput(query), limit });
      const profiles: (Window & { readonly profile: Profile })[] = [];
      for (const { from, to, bytes } of found) {
        // One takes a millisecond or two; there may be thousands, and others wait for the loop.
        if (profiles.length > 0) await new Promise((resolve) => setImmediate(resolve));
        profiles.push({ from, to, profile: decodeProfile(bytes) });
      }
      return profiles;
    },
    async find(query) {
      const bytes = await read("readMerged", toInput(query));
      return bytes === null ? null : decodeProfile(bytes);
    },
    listSlices: ({ watched, from, to }) => read("listSlices", { ...toKey(watched), from, to }),
    async listMinutes({ endpoint, model, version, from, to }) {
      let query = db
        .selectFrom("monitor_minutes")
        .selectAll()
        .where("endpoint", "=", endpoint)
        .where("minute", ">=", from)
        .where("minute", "<", to);
      if (model !== undefined) query = query.where("model", "=", model);
      if (version !== undefined) query = query.where("version", "=", version);
      const rows = await query.orderBy("minute").orderBy("model").orderBy("version").execute();
      return rows.map((row) => ({ ...row, latency: JSON.parse(row.latency) as number[] }));
    },
  };
}

function toInput({ watched, slice = "", plan, from, to }: FindProfiles): tasks.ReadProfiles {
  return { ...toKey(watched), slice, plan: plan ?? null, from, to };
}

function toKey({ endpoint, model, version }: Watched): Watched {
  return { endpoint, model, version };
}
