import type { ImportMarks, ImportState } from "@slipway/contract";
import type { TaskDb } from "../../platform/sql/index.ts";
import { insertRows, type Insert } from "../insert-rows.ts";

export async function readImportMarks(db: TaskDb, { kind, ids }: ImportState): Promise<Record<string, string>> {
  const marks: Record<string, string> = {};
  for (let at = 0; at < ids.length; at += 100) {
    const some = ids.slice(at, at + 100);
    const rows = await db.rows<{ id: string; mark: string }>(
      `select id, mark from import_marks where kind = ? and id in (${some.map(() => "?").join(", ")})`,
      [kind, ...some],
    );
    for (const { id, mark } of rows) marks[id] = mark;
  }
  return marks;
}

const putMark: Insert = {
  into: "import_marks (kind, id, mark)",
  columns: 3,
  onConflict: "on conflict (kind, id) do update set mark = excluded.mark",
};

export async function putImportMarks(db: TaskDb, { kind, marks }: ImportMarks): Promise<void> {
  await insertRows(
    db,
    putMark,
    Object.entries(marks).flatMap(([id, mark]) => [kind, id, mark]),
  );
}
