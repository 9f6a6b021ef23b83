/** Commits rows one by one and prints each number once its commit was answered; the kill test ends it. */
import { sql as raw } from "kysely";
import { openSqlite } from "../sqlite.ts";

const sql = await openSqlite({ path: process.argv[2]! });
await sql.db.schema.createTable("commits").ifNotExists().addColumn("n", "integer").execute();
for (let n = 1; ; n++) {
  if (n % 2 === 0) await raw`insert into commits values (${n})`.execute(sql.db);
  else await sql.tx((trx) => raw`insert into commits values (${n})`.execute(trx));
  process.stdout.write(`${n}\n`);
}
