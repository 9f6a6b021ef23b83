import { SlipwayError } from "@slipway/contract/errors";
import { existsSync } from "node:fs";
import { chunkRows, createColumnBuffer, resetColumn, setString, setValid, startList } from "../column-buffer.ts";
import type { LakeContext } from "../lake-main.ts";

export interface TestTask {
  readonly do: "echo" | "sql" | "ask" | "spin" | "sleep" | "hoard" | "abort" | "refuse" | "fail" | "feed" | "left";
  readonly value?: unknown;
}

const held: Buffer[] = [];

/** What the tests of the driver let a child do. */
export async function run({ do: what, value }: TestTask, context: LakeContext): Promise<unknown> {
  const { db, onProgress, ask } = context;
  onProgress(`doing ${what}`);
  switch (what) {
    case "echo":
      return { value, pid: process.pid, env: Object.keys(process.env), folder: db.folder, made: existsSync(db.folder) };
    case "sql":
      return db.rows(String(value));
    case "left":
      return db.rows("SELECT count(*) AS n FROM duckdb_tables()");
    case "ask":
      return ask(value);
    case "spin":
      for (;;);
    case "sleep":
      return db.exec("SELECT count(*) FROM range(1000000000) a, range(1000000) b");
    case "hoard":
      for (;;) {
        held.push(Buffer.alloc(20 * 2 ** 20, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    case "abort":
      return process.abort();
    case "refuse":
      throw new SlipwayError("invalid_file", "No.", { value });
    case "fail":
      throw new TypeError("a bug");
    case "feed":
      return feed(Number(value), context);
  }
}

/** Rows of every kind: numbers, nulls, short and long texts, few texts, lists of texts. */
async function feed(rows: number, { db }: LakeContext): Promise<unknown> {
  const number = createColumnBuffer({ name: "number", type: "INTEGER", nullable: true });
  const text = createColumnBuffer({ name: "text", type: "VARCHAR", nullable: true });
  const list = createColumnBuffer({ name: "list", type: "VARCHAR", list: true });
  const few = {
    spec: { name: "few", type: "VARCHAR" as const },
    codes: new Uint32Array(chunkRows),
    texts: ["a", "a text that is longer than its cell"].map((each) => Buffer.from(each)),
  };
  let made = 0;
  db.feed("numbers", [number.spec, text.spec, list.spec, few.spec], () => {
    const size = Math.min(chunkRows, rows - made);
    if (size === 0) return null;
    for (const column of [number, text, list]) resetColumn(column);
    for (let row = 0; row < size; row++, made++) {
      if (made % 7 !== 0) {
        number.view.setInt32(row * 4, made, true);
        setValid(number, row);
      }
      if (made % 5 !== 0) setString(text, row, made % 2 === 0 ? `${made}` : `the number that is called ${made} é`);
      const from = startList(list, row, made % 4);
      for (let i = 0; i < made % 4; i++) setString(list.child!, from + i, `element ${i} of the list ${made}`);
      few.codes[row] = made % 3 === 2 ? 0xffff_ffff : made % 3;
    }
    return { rows: size, columns: [number, text, list, few] };
  });
  const path = `${db.folder}/x.parquet`;
  await db.exec(`COPY (SELECT * FROM numbers()) TO '${path}' (FORMAT parquet)`);
  return db.rows(`SELECT * FROM '${path}'`);
}
