/** What a process of the lake does to find the rows that go. The predicate is a stranger's: it gets the views and nothing else. */
import { SlipwayError } from "@slipway/contract/errors";
import { copyFile, open, rename } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type LakeContext, quoteText } from "../../platform/lake/index.ts";
import { openViews, type ViewFiles } from "../lake/views.ts";

type LakeDb = LakeContext["db"];

export interface Matched {
  /** Rows, and the requests that they are part of. */
  readonly predictions: number;
  readonly requests: number;
}

export type MatchInput =
  | { readonly kind: "check"; readonly where: string; readonly files: ViewFiles }
  | { readonly kind: "match"; readonly where: string; readonly files: ViewFiles; readonly save: string | null };

export async function run(input: MatchInput, { db }: LakeContext): Promise<Matched | null> {
  const { where, files } = input;
  await requireExpression(db, where);
  const paths = await openViews(db, files);
  await db.lock(paths);
  if (input.kind === "check") {
    await requireBoolean(db, where);
    return null;
  }
  await db.exec(`create temp table matched as select id, "row" from predictions where (${where}\n)`);
  const [found] = await db.rows(`select count(*) as predictions, count(distinct id) as requests from matched`);
  if (input.save !== null) await save(db, input.save);
  return { predictions: Number(found?.["predictions"]), requests: Number(found?.["requests"]) };
}

/** One expression: the parser's own tree of a SELECT of nothing but it, so that no parenthesis or comment reaches further. */
async function requireExpression(db: LakeDb, where: string): Promise<void> {
  const [row] = await db.rows("select json_serialize_sql($1::varchar) as tree", [`select (${where}\n) as matched`]);
  const tree = JSON.parse(String(row?.["tree"])) as SqlTree;
  if (tree.error === true) throw refuse(`it cannot be read: ${tree.error_message ?? "syntax error"}`);
  const node = tree.statements?.length === 1 ? tree.statements[0]?.node : undefined;
  const [expression, ...more] = node?.select_list ?? [];
  if (
    node?.type !== "SELECT_NODE" ||
    node.from_table?.type !== "EMPTY" ||
    expression?.class === "STAR" ||
    more.length > 0
  )
    throw refuse("it is not one expression.");
  const placeholders = JSON.stringify(tree).includes('"class":"PARAMETER"');
  if (placeholders) throw refuse("placeholders such as $1 have no value here; write the values.");
}

interface SqlTree {
  readonly error?: boolean;
  readonly error_message?: string;
  readonly statements?: readonly {
    readonly node: {
      readonly type: string;
      readonly select_list?: readonly { readonly class: string }[];
      readonly from_table?: { readonly type: string };
    };
  }[];
}

async function requireBoolean(db: LakeDb, where: string): Promise<void> {
  const [column] = await db.describe(`select (${where}\n) as matched from predictions`).catch((error: unknown) => {
    throw refuse(firstLine(error));
  });
  if (column?.type !== "BOOLEAN") throw refuse(`it is of the type ${column?.type}, not true or false.`);
  // Aggregates and window functions are refused where a WHERE is bound.
  await db.describe(`select id from predictions where (${where}\n)`).catch((error: unknown) => {
    throw refuse(firstLine(error));
  });
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line;
}

function refuse(why: string): SlipwayError {
  const text = `The expression of --where cannot be used: ${why}`;
  return new SlipwayError(
    "invalid_query",
    `${text} Write one that is true for what is to be erased, such as key = 'alice'.`,
  );
}

/** Whole and on the disk, or not there. */
async function save(db: LakeDb, path: string): Promise<void> {
  const own = join(db.folder, "rows.parquet");
  await db.exec(`copy (select id, "row" from matched order by id, "row") to ${quoteText(own)} (format parquet)`);
  const draft = `${path}.new`;
  await copyFile(own, draft);
  await sync(draft);
  await rename(draft, path);
  await sync(dirname(path));
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, "r");
  await handle.sync().finally(() => handle.close());
}
