import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { SlipwayError } from "@slipway/contract";

/** Keeps secrets that must be read again, such as keys to sign with, so that the database alone does not show them. */
export interface Sealer {
  /** @param context what the secret belongs to; it opens only there */
  seal(secret: string, context: string): string;
  /** @throws SlipwayError `invalid_config` where the key is another one */
  open(sealed: string, context: string): string;
}

const algorithm = "aes-256-gcm";
const version = "v1";

/**
 * @param file where the key is kept; made at the first secret, readable by its owner alone
 * @param passphrase in place of the file, where it is not null
 */
export function createSealer({
  file,
  passphrase,
}: {
  readonly file: string;
  readonly passphrase: string | null;
}): Sealer {
  let known: Buffer | null = passphrase === null ? null : createHash("sha256").update(passphrase).digest();
  return {
    seal(secret, context) {
      known ??= readKey(file) ?? makeKey(file);
      const iv = randomBytes(12);
      const cipher = createCipheriv(algorithm, known, iv).setAAD(Buffer.from(context));
      const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
      return [version, ...[iv, cipher.getAuthTag(), text].map((part) => part.toString("base64url"))].join(".");
    },
    open(sealed, context) {
      known ??= readKey(file);
      try {
        const [, iv, tag, text] = sealed.split(".").map((part) => Buffer.from(part, "base64url"));
        const decipher = createDecipheriv(algorithm, known!, iv!).setAAD(Buffer.from(context)).setAuthTag(tag!);
        return Buffer.concat([decipher.update(text!), decipher.final()]).toString();
      } catch {
        throw new SlipwayError(
          "invalid_config",
          `A secret that is kept here was sealed with another key than ${passphrase === null ? file : "SLIPWAY_SEALING_KEY"} holds: bring that key back, or set the secret anew.`,
        );
      }
    },
  };
}

function readKey(file: string): Buffer | null {
  try {
    return Buffer.from(readFileSync(file, "utf8").trim(), "base64url");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Whole or not at all, and never over one that another process made meanwhile. */
function makeKey(file: string): Buffer {
  const beside = `${file}.${randomBytes(6).toString("hex")}`;
  writeFileSync(beside, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(beside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(beside);
  }
  return readKey(file)!;
}
