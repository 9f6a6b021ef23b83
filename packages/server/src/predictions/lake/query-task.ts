import { closeSync, openSync, statSync, writeSync } from "node:fs";
import type { LakeDb } from "../../platform/lake/lake-db.ts";
import type { LakeContext } from "../../platform/lake/lake-main.ts";
import { quoteName, quoteText } from "../../platform/lake/quote.ts";
import { requireSelect, toTableSql } from "../../platform/lake/require-select.ts";
import { openViews, type ViewFiles } from "./views.ts";

export interface QueryInput {
  readonly files: ViewFiles;
  readonly sql: string;
  readonly format: "json" | "csv" | "parquet";
  readonly limit: number;
  /** Most bytes of a JSON answer. */
  readonly mostBytes: number;
  /** Where the answer goes. */
  readonly path: string;
}

export interface QueryAnswer {
  readonly rows: number;
  readonly truncated: boolean;
  readonly bytes: number;
}

/** Runs one statement of a user, who may try anything: the views are made first, then the door is shut. */
export async function run(input: QueryInput, { db }: LakeContext): Promise<QueryAnswer> {
  const paths = await openViews(db, input.files);
  await db.lock([...paths, input.path]);
  await requireSelect(db, input.sql);
  const select = `SELECT * FROM ${toTableSql(input.sql)}`;
  const answer = input.format === "json" ? await writeJson(db, select, input) : await copy(db, select, input);
  return { ...answer, bytes: statSync(input.path).size };
}

type Written = Omit<QueryAnswer, "bytes">;

/** `{"columns":[{name,type}],"rows":[{...}],"truncated":false}` */
async function writeJson(db: LakeDb, select: string, { limit, mostBytes, path }: QueryInput): Promise<Written> {
  const { columns, chunks } = await db.stream(`${select} LIMIT ${limit + 1}`);
  const names = columns.map(({ name }) => JSON.stringify(name));
  const fd = openSync(path, "w");
  let rows = 0;
  let bytes = 0;
  let truncated = false;
  const write = (text: string) => {
    bytes += writeSync(fd, text);
  };
  try {
    write(`{"columns":${JSON.stringify(columns)},"rows":[`);
    for await (const chunk of chunks) {
      const fits = chunk.slice(0, limit - rows);
      const texts = fits.map((row) => `{${row.map((value, i) => `${names[i]}:${JSON.stringify(value)}`).join(",")}}`);
      truncated ||= fits.length < chunk.length;
      let text = "";
      for (const each of texts) {
        if (bytes + text.length + each.length > mostBytes) {
          truncated = true;
          break;
        }
        text += `${rows === 0 ? "" : ",\n"}${each}`;
        rows++;
      }
      write(text);
      if (truncated) break;
    }
    write(`],"truncated":${truncated}}\n`);
  } finally {
    closeSync(fd);
  }
  return { rows, truncated };
}

/** Through a table in memory, or in the task's folder where it is too large for that, so that the limit is told from the end. */
async function copy(db: LakeDb, select: string, { limit, format, path }: QueryInput): Promise<Written> {
  await db.exec(`CREATE TEMP TABLE result AS ${select} LIMIT ${limit + 1}`);
  const [counted] = await db.rows("SELECT count(*) AS n FROM result");
  const found = Number(counted?.["n"]);
  const columns = await db.describe("SELECT * FROM result");
  // Other tools read a UUID in Parquet as 16 bytes.
  const list = columns.map(({ name, type }) =>
    type === "UUID" ? `${quoteName(name)}::VARCHAR AS ${quoteName(name)}` : quoteName(name),
  );
  const options =
    format === "csv"
      ? "FORMAT csv, HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S.%fZ'"
      : "FORMAT parquet, COMPRESSION zstd";
  await db.exec(
    `COPY (SELECT ${list.join(", ")} FROM result LIMIT ${limit}) TO ${quoteText(path)} (${options}, USE_TMP_FILE false)`,
  );
  return { rows: Math.min(found, limit), truncated: found > limit };
}
