import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../exit-codes.ts";
import { loadServer } from "../server-door.ts";
import { createFolderSource } from "./folder-source.ts";
import { createRestClient, type SourceLogin } from "./rest-client.ts";
import { createRestSource } from "./rest-source.ts";
import type { MlflowSource } from "./source.ts";
import { createSqliteSource } from "./sqlite-source.ts";

export interface SourceAddress {
  /** A URL, a SQLite file (also as `sqlite:///FILE`) or an `mlruns` folder (also as `file:` address). */
  readonly from: string;
  readonly login: SourceLogin;
  /** Where the files of `mlflow-artifacts:` addresses are, of a source that is no server. */
  readonly artifacts: string | undefined;
}

/** @throws UsageError, SlipwayError `invalid_file` or `invalid_config` */
export async function openSource({ from, login, artifacts }: SourceAddress): Promise<MlflowSource> {
  if (/^https?:/i.test(from)) return createRestSource(createRestClient(from, login));
  const scheme = /^([a-z][a-z0-9+]+):/i.exec(from)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "sqlite" && scheme !== "file")
    throw new UsageError(
      `--from takes http(s), a SQLite file or an mlruns folder, not ${scheme}:. Of another database, name the address of its MLflow server.`,
    );
  const path = from.replace(/^sqlite:\/{3}/i, "").replace(/^file:(?:\/\/)?/i, "");
  if (!existsSync(path)) throw new UsageError(`--from: there is no file or folder ${path}.`);
  const base = dirname(resolve(path));
  const kept = artifacts ?? [join(base, "mlartifacts")].find((each) => existsSync(each)) ?? null;
  if (statSync(path).isDirectory()) return createFolderSource(path, kept);
  const { openForeignSqlite } = await loadServer();
  return createSqliteSource(openForeignSqlite(path), { path, artifacts: kept });
}
