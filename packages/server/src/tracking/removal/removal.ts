import { SlipwayError } from "@slipway/contract/errors";
import type { Clock } from "../../kernel/clock.ts";
import type { Sql } from "../../platform/sql/index.ts";
import { findArtifactFolder } from "../artifacts/artifact-path.ts";
import type { RunPageOrder, Search } from "../search/search.ts";
import { trackingScript } from "../tracking-script.ts";
import type * as module from "../tracking-tasks.ts";
import type { Deleted, Removed, RemovedFiles, ToRemove } from "./tasks.ts";

/** What living versions came from: it stays, whoever deleted it. */
export interface Origins {
  readonly runIds: ReadonlySet<string>;
  readonly loggedModelIds: ReadonlySet<string>;
  /** Artifact URIs of their files. */
  readonly locations: readonly string[];
}

export interface CollectHow {
  /** What was deleted at this time or later stays. Milliseconds since 1970. */
  readonly before: number;
  readonly dryRun: boolean;
  readonly origins: Origins;
  readonly signal: AbortSignal;
  onProgress(fraction: number): void;
}

export interface Collected {
  readonly experiments: Removed;
  readonly runs: Removed;
  readonly loggedModels: Removed;
  /** Runs and logged models that versions came from. */
  readonly kept: number;
}

export interface RunsChosen {
  /** These, or those of a search. */
  readonly ids: readonly string[] | null;
  readonly search: Pick<RunPageOrder, "experimentIds" | "filter"> | null;
}

export interface MoveHow {
  readonly to: "active" | "deleted";
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  onProgress(done: number): void;
}

export interface Removal {
  /** Takes away for ever what was deleted long ago, with its artifacts; their blobs are nobody's then. May be killed anywhere. */
  collect(how: CollectHow): Promise<Collected>;
  /**
   * Deletes or restores many runs, a few hundred in one commit. Ids that are unknown are refused before anything moves.
   * @returns the ids of those that moved, or would have. @throws SlipwayError `run_not_found`, `invalid_request`
   */
  moveRuns(chosen: RunsChosen, how: MoveHow): Promise<readonly string[]>;
}

const runsATime = 50;
const movesATime = 500;
/** Whoever logs meanwhile waits for one such step. */
const pointsATime = 5_000;

export interface RemovalDeps {
  readonly sql: Sql;
  readonly search: Pick<Search, "runIds">;
  readonly clock: Clock;
}

export function createRemoval({ sql, search, clock }: RemovalDeps): Removal {
  const tasks = sql.tasks<typeof module>(trackingScript);

  async function collect({ before, dryRun, origins, signal, onProgress }: CollectHow): Promise<Collected> {
    const deleted = await tasks.read("listDeleted", { before });
    const isNeeded = createNeeded(origins);
    const runs = deleted.runs.filter((run) => !isNeeded(run, origins.runIds));
    const models = deleted.models.filter((model) => !isNeeded(model, origins.loggedModelIds));
    const keeping = new Set(deleted.runs.filter((run) => !runs.includes(run)).map(({ experiment }) => experiment));
    for (const model of deleted.models) if (!models.includes(model)) keeping.add(model.experiment);
    const total = runs.length + models.length + 1;
    const kept = deleted.runs.length + deleted.models.length - runs.length - models.length;

    async function remove(task: "removeRuns" | "removeLoggedModels", all: readonly Deleted[], done: number) {
      const removed: { ids: string[]; files: number; bytes: number } = { ids: [], files: 0, bytes: 0 };
      for (let from = 0; from < all.length; from += runsATime) {
        signal.throwIfAborted();
        onProgress((done + from) / total);
        const some = all.slice(from, from + runsATime);
        const gone = dryRun ? await sum(some) : await tasks.write(task, { all: some.map(toRemove), before });
        removed.ids.push(...gone.ids);
        removed.files += gone.files;
        removed.bytes += gone.bytes;
      }
      return removed;
    }

    async function sum(some: readonly Deleted[]): Promise<Removed> {
      const folders = some.map(({ uri }) => findFolder(uri)).filter((folder) => folder !== null);
      return { ids: some.map(({ id }) => id), ...(await tasks.read("sumArtifacts", { folders })) };
    }

    const goneRuns = await remove("removeRuns", runs, 0);
    const goneModels = await remove("removeLoggedModels", models, runs.length);
    const experiments: string[] = [];
    for (const { id, name } of deleted.experiments)
      if (!keeping.has(id) && (dryRun || (await tasks.write("removeExperiment", { id, before }))))
        experiments.push(name);
    // Also those that the last collection did not come to.
    if (!dryRun) while (await tasks.write("removePoints", { most: pointsATime })) signal.throwIfAborted();
    const none: RemovedFiles = { files: 0, bytes: 0 };
    return { experiments: { ids: experiments, ...none }, runs: goneRuns, loggedModels: goneModels, kept };
  }

  async function choose({ ids, search: order }: RunsChosen, { to, signal }: MoveHow): Promise<readonly string[]> {
    if (ids !== null) {
      const { movable, unknown } = await tasks.read("sortRuns", { ids, to });
      if (unknown.length === 0) return movable;
      const some = unknown.slice(0, 5).join(", ");
      throw new SlipwayError("run_not_found", `There is no run ${some}. Nothing was changed.`, { id: unknown[0]! });
    }
    const found: string[] = [];
    const view = to === "deleted" ? "ACTIVE_ONLY" : "DELETED_ONLY";
    for (let pageToken: string | undefined; ;) {
      signal.throwIfAborted();
      const page = await search.runIds({ ...order!, view, maxResults: 10_000, pageToken });
      found.push(...page.ids);
      if (page.next === null) return found;
      pageToken = page.next;
    }
  }

  return {
    collect,
    async moveRuns(chosen, how) {
      const { to, dryRun, signal, onProgress } = how;
      const ids = await choose(chosen, how);
      if (dryRun) return ids;
      const moved: string[] = [];
      for (let from = 0; from < ids.length; from += movesATime) {
        signal.throwIfAborted();
        const some = ids.slice(from, from + movesATime);
        moved.push(...(await tasks.write("moveRuns", { ids: some, to, now: clock.now() })));
        onProgress((from + some.length) / ids.length);
      }
      return moved;
    },
  };
}

function createNeeded({ locations }: Origins) {
  const folders = locations.map((uri) => findFolder(uri)).filter((folder) => folder !== null);
  // Each with all folders above it.
  const above = new Set(
    folders.flatMap((folder) => folder.split("/").map((_, i, all) => all.slice(0, i + 1).join("/"))),
  );
  return ({ id, uri }: Deleted, ids: ReadonlySet<string>): boolean => {
    const folder = findFolder(uri);
    return ids.has(id) || (folder !== null && above.has(folder));
  };
}

function toRemove({ n, uri }: Deleted): ToRemove {
  return { n, folder: findFolder(uri) };
}

/** A location that is not well formed has no files here. */
function findFolder(uri: string): string | null {
  try {
    return findArtifactFolder(uri);
  } catch {
    return null;
  }
}
