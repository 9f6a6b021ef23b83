import { homedir } from "node:os";
import { join } from "node:path";
import type { Replica, Signature } from "@slipway/runtime";
import { createModelRuntimes, type ModelRuntimes } from "../../app/runtimes.ts";
import { createEnvironments, publicIndex } from "../../environments/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import type { PackagedModel } from "../../packaging/index.ts";
import { toModelFiles, toPlacement, type LoadSettings } from "../../serving/index.ts";

interface Opening {
  readonly folder: string;
  readonly packaged: PackagedModel;
  readonly settings: LoadSettings;
}

/** One loaded copy of a model that was looked at, where a server would run it. */
export async function openReplica({ folder, packaged, settings }: Opening, signature: Signature): Promise<Replica> {
  const { threads = 1, device = "cpu" } = settings;
  const { program } = packaged;
  const placement = toPlacement(packaged, settings);
  const runtime = await packageRuntimes().find({ program, placement, folder, threads });
  return runtime.open(toModelFiles(folder, packaged), signature, { threads, device });
}

/** What opens models without a server; environments that it makes are kept in the user's cache. */
export function packageRuntimes(): ModelRuntimes {
  const folder = join(homedir(), ".cache", "slipway", "envs");
  const environments = createEnvironments({ folder, index: publicIndex, clock: systemClock, logger: silentLogger });
  return createModelRuntimes({ environments, logger: silentLogger });
}
