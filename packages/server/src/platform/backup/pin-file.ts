import { constants } from "node:fs";
import { copyFile, link, stat } from "node:fs/promises";

/** File systems that cannot link, or not from there to here, or not once more. */
const cannotLink = new Set(["EXDEV", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EACCES"]);

/**
 * A second name for a file, under which its bytes stay until the name is removed, whatever happens to the first. Null where
 * the file is gone already; else its size now.
 */
export async function pinFile(path: string, pin: string): Promise<number | null> {
  try {
    await link(path, pin);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT") return null;
    if (!cannotLink.has(code)) throw error;
    await copyFile(path, pin, constants.COPYFILE_FICLONE);
  }
  return (await stat(pin)).size;
}
