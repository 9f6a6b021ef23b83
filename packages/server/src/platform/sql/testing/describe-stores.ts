import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, test } from "vitest";
import { openSqlite } from "../sqlite.ts";
import type { Sql } from "../sql.ts";
import { openPglite } from "./pglite.ts";

/** Gives an empty database; it is closed after the test. One at a time. */
export type OpenStore = () => Promise<Sql>;

/** Runs one suite on every database that Slipway knows. */
export function describeStores(name: string, suite: (open: OpenStore) => void): void {
  describe(`${name} on SQLite in memory`, () => {
    const closers = useClosers();
    suite(async () => {
      const sql = await openSqlite({ path: ":memory:" });
      closers.push(() => sql.close());
      return sql;
    });
  });
  describe(`${name} on a SQLite file`, () => {
    const closers = useClosers();
    suite(async () => {
      const folder = await mkdtemp(join(tmpdir(), "slipway-"));
      const sql = await openSqlite({ path: join(folder, "slipway.db"), readers: 1 });
      closers.push(async () => {
        await sql.close();
        await rm(folder, { recursive: true });
      });
      return sql;
    });
  });
  describe(`${name} on PGlite`, () => {
    const closers = useClosers();
    // The first start compiles PostgreSQL's WebAssembly.
    beforeAll(async () => void (await openPglite()), 60_000);
    suite(async () => {
      const sql = await openPglite();
      closers.push(() => sql.close());
      return sql;
    });
  });
  if (process.env["DATABASE_URL"]) {
    console.warn(`${name}: DATABASE_URL is set, but there is no PostgreSQL driver yet; NOT RUN on PostgreSQL.`);
    test.skip(`${name} on PostgreSQL: NOT RUN, there is no driver yet`);
  }
}

function useClosers(): (() => Promise<void>)[] {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  return closers;
}
