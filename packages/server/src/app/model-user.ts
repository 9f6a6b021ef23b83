import { SlipwayError } from "@slipway/contract";
import type { ProcessUser } from "@slipway/runtime";
import { chmod, mkdir, readdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** What a model's program has to reach below the data folder; nobody but this user reads the rest. */
const open: ReadonlySet<string> = new Set(["loaded", "envs", "tmp"]);
/** Folders that are else made when they are needed, for all to read. */
const closed = ["blobs", "lake", "log", "logs"] as const;

/** Whom model processes run as: the option `model_user`, a uid or `uid:gid`. @throws SlipwayError `invalid_config` */
export function parseModelUser(text: string | null): ProcessUser | null {
  if (text === null) return null;
  const [, uid, gid = uid] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text) ?? [];
  if (uid === undefined || Number(uid) === 0)
    throw new SlipwayError("invalid_config", `model_user must be a uid or uid:gid other than root's, got "${text}".`);
  if (process.getuid?.() !== 0)
    throw new SlipwayError(
      "invalid_config",
      "model_user needs a server that runs as root: nobody else may start processes as somebody else. Leave it out, or start the server as root.",
    );
  return { uid: Number(uid), gid: Number(gid) };
}

/**
 * Lets the models' user into the folders that its programs need, and into nothing else of the data folder. Nothing of it can be listed.
 * @throws SlipwayError `invalid_config` where a folder above it lets that user not in
 */
export async function shieldDataFolder(folder: string, user: ProcessUser): Promise<void> {
  for (let above = dirname(resolve(folder)); ; above = dirname(above)) {
    const { mode, uid, gid } = await stat(above);
    const may = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & may) === 0)
      throw new SlipwayError(
        "invalid_config",
        `model_user ${user.uid} cannot reach the data folder: ${above} does not let it in. Put the data folder elsewhere, or allow it (chmod o+x).`,
      );
    if (above === dirname(above)) break;
  }
  await chmod(folder, 0o711);
  for (const name of [...open, ...closed]) await mkdir(join(folder, name), { recursive: true });
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await chmod(path, open.has(entry.name) ? 0o711 : 0o700);
    else if (entry.isFile()) await chmod(path, 0o600).catch(ignoreMissing);
  }
}

/** A journal of a database that has just been removed. */
function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
