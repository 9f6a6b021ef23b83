import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, expect, test } from "vitest";
import { openForeignSqlite } from "./foreign-sqlite.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-foreign-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a database is read while its owner writes, and never changed", () => {
  const path = join(folder, "theirs.db");
  const owner = new DatabaseSync(path);
  owner.exec("pragma journal_mode = delete; create table t (a integer, b text); insert into t values (1, 'x')");
  const foreign = openForeignSqlite(path);
  expect([...foreign.tables]).toEqual([["t", new Set(["a", "b"])]]);
  expect(foreign.rows("select * from t where a = ?", [1])).toEqual([expect.objectContaining({ a: 1, b: "x" })]);
  owner.exec("insert into t values (2, 'y')");
  expect(foreign.rows("select count(*) as n from t")).toEqual([expect.objectContaining({ n: 2 })]);
  expect(() => foreign.rows("insert into t values (3, 'z')")).toThrow();
  expect(() => foreign.rows("attach database 'other.db' as o")).toThrow();
  foreign.close();
  owner.close();
});

test("what is no database is refused by name", () => {
  const path = join(folder, "notes.txt");
  writeFileSync(path, "not a database, but longer than nothing ".repeat(50));
  expect(() => openForeignSqlite(path)).toThrow(expect.objectContaining({ code: "invalid_file" }));
  expect(() => openForeignSqlite(join(folder, "gone.db"))).toThrow(expect.objectContaining({ code: "invalid_file" }));
});
