import { stat } from "node:fs/promises";

/** More files than any server has loaded; beyond it all are read again, which costs time and nothing else. */
const mostRemembered = 10_000;

/**
 * What files were read and found to be. A file is read once in the life of this process, as long as its size, time and inode
 * stay: hard links share all three, so a file that was linked elsewhere need not be read there.
 */
export function createVerifiedFiles(digest: (path: string) => Promise<string>) {
  const known = new Map<string, string>();

  async function identify(path: string): Promise<string> {
    const { dev, ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${dev}/${ino}/${size}/${mtimeNs}`;
  }

  function keep(identity: string, sha256: string): void {
    if (known.size >= mostRemembered) known.clear();
    known.set(identity, sha256);
  }

  return {
    /** Whether the file has these bytes. `fresh`: it is read even if it was before. @throws where it cannot be read */
    async holds(path: string, sha256: string, { fresh = false } = {}): Promise<boolean> {
      const identity = await identify(path);
      if (!fresh && known.has(identity)) return known.get(identity) === sha256;
      const found = await digest(path);
      // What changed while it was being read is read again the next time.
      if ((await identify(path)) === identity) keep(identity, found);
      return found === sha256;
    },
    /** Says what a file holds that this process has just read, or written the time of. */
    async remember(path: string, sha256: string): Promise<void> {
      keep(await identify(path), sha256);
    },
  };
}

export type VerifiedFiles = ReturnType<typeof createVerifiedFiles>;
