import { createRowSetBuilder, decodeRowSet, eraseFromSegment, type RowSet } from "@slipway/runtime/log";
import { open, readFile } from "node:fs/promises";
import { idTime } from "../../kernel/ids.ts";
import { type LakeContext, quoteText } from "../../platform/lake/index.ts";

export interface SegmentsInput {
  /** Segments that do not grow any more, with the time of their last record, milliseconds. */
  readonly segments: readonly { readonly path: string; readonly until: number }[];
  /** The matched rows. */
  readonly rowsPath: string;
  /** Rows that go though they did not match: they are added to this file before their segment is replaced. */
  readonly widenedPath: string;
  /** Asks the name of each step before it: for tests that stop it there. */
  readonly steps?: boolean;
}

export interface SegmentsResult {
  readonly rewritten: number;
  readonly unreadableBytes: number;
  readonly widened: number;
}

/** A record is written before the look-up's bound of ten minutes after its arrival, by a clock that may have been set. */
const slackMs = 60_000;

/** Erases from the log; every segment is replaced as a whole. */
export async function run(input: SegmentsInput, { db, onProgress, ask }: LakeContext): Promise<SegmentsResult> {
  const rows = await readRows(input.rowsPath, db);
  const from = earliest(rows) - slackMs;
  await dropPartLine(input.widenedPath);
  let [rewritten, unreadableBytes] = [0, 0];
  for (const [i, { path, until }] of input.segments.entries()) {
    onProgress(i / input.segments.length);
    if (until < from) continue;
    const erasure = await eraseFromSegment(path, rows, {
      async beforeReplace({ widened }) {
        await append(input.widenedPath, widened);
        if (input.steps === true) await ask("replace segment");
      },
    });
    if (erasure.rows > 0) rewritten++;
    unreadableBytes += erasure.unreadableBytes;
  }
  if (input.steps === true) await ask("segments rewritten");
  return { rewritten, unreadableBytes, widened: await countLines(input.widenedPath) };
}

async function readRows(path: string, db: LakeContext["db"]): Promise<RowSet> {
  const { chunks } = await db.stream(`select id::varchar, "row"::integer from read_parquet(${quoteText(path)})`);
  const rows = createRowSetBuilder();
  for await (const chunk of chunks) for (const [id, row] of chunk) rows.add(String(id), Number(row));
  return decodeRowSet(rows.build());
}

/** When the first of the requests arrived, by its id. */
function earliest(rows: RowSet): number {
  for (const { id } of rows.entries()) return idTime(id);
  return Number.POSITIVE_INFINITY;
}

/** A crash may have cut the last line. */
async function dropPartLine(path: string): Promise<void> {
  const handle = await open(path, "a+");
  try {
    const text = await handle.readFile("latin1");
    await handle.truncate(text.lastIndexOf("\n") + 1);
  } finally {
    await handle.close();
  }
}

async function append(path: string, rows: readonly { readonly id: string; readonly row: number }[]): Promise<void> {
  if (rows.length === 0) return;
  const handle = await open(path, "a");
  try {
    await handle.writeFile(rows.map(({ id, row }) => `${id},${row}\n`).join(""));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function countLines(path: string): Promise<number> {
  const lines = (await readFile(path, "latin1")).split("\n").filter((line) => line !== "");
  return new Set(lines).size;
}
