import { listInstances, listSegments, type Offset, segmentFile } from "@slipway/runtime/log";
import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../platform/blobs/sync-folder.ts";
import { type Feed, createFeed } from "./feed.ts";
import { createInstanceLog, type InstanceLog, type InstanceLogDeps } from "./instance-log.ts";
import { type LookUp, createLookUp } from "./look-up.ts";
import { recoverLog } from "./recover-log.ts";
import type { ReplaySetup } from "./replay/messages.ts";
import { openReplay, type ReplayThread } from "./replay/replay-thread.ts";

/** Other processes of this server, each of which writes an instance of its own into the same folder. */
export interface LogPeers {
  /** Where each of them is. Whichever has ended is closed by the time that this resolves. */
  growing(): Promise<readonly Offset[]>;
  rotate(): Promise<void>;
}

export interface PredictionLogDeps extends InstanceLogDeps {
  readonly peers?: LogPeers | null;
}

export interface PredictionLog extends LookUp, InstanceLog {
  /** What consumers read that must not miss anything. */
  readonly feed: Feed;
  /** Begins to read what is to be run again, in a thread that whoever asked closes. */
  replay(setup: Omit<ReplaySetup, "folder">): ReplayThread;
  /** Behind what each process of this server has written; every other instance is closed when it resolves. */
  growing(): Promise<readonly Offset[]>;
  /** Ends the segment that grows, of each process: those before the places of `growing` are not written to any more then. */
  rotate(): Promise<void>;
  /** Takes an instance over that was written elsewhere, whole and closed: its folder is moved, so that all of it is there or nothing. */
  adopt(folder: string, instance: string): Promise<void>;
  /** The ends of those that were taken over since the start. */
  adopted(): readonly Offset[];
}

/** Makes the logs of instances that are no more whole again, and begins that of this one. */
export async function createPredictionLog(deps: PredictionLogDeps): Promise<PredictionLog> {
  const { folder, peers, logger } = deps;
  await recoverOthers(deps);
  const own = createInstanceLog(deps);
  const lookUp = createLookUp(folder);
  const adopted: Offset[] = [];
  return {
    ...own,
    growing: async () => [own.position(), ...((await peers?.growing()) ?? [])],
    async rotate() {
      await Promise.all([own.rotate(), peers?.rotate()]);
    },
    async adopt(from, instance) {
      const segment = (await listSegments(join(from, instance))).at(-1) ?? 1;
      const { size } = await stat(join(from, instance, segmentFile(segment)));
      await rename(join(from, instance), join(folder, instance));
      await syncFolder(folder);
      adopted.push({ instance, segment, byte: size });
    },
    adopted: () => adopted,
    feed: createFeed({ folder, logger }),
    replay: (setup) => openReplay({ ...setup, folder }),
    list: lookUp.list,
    find: lookUp.find,
    async close() {
      await own.close();
      await lookUp.close();
    },
  };
}

/** This server holds the lock of the data folder, so every other instance is dead. */
async function recoverOthers(deps: PredictionLogDeps): Promise<void> {
  for (const other of await listInstances(deps.folder)) if (other !== deps.instance) await recoverLog(deps, other);
}
