import { rename, rm } from "node:fs/promises";
import type { Transaction } from "../../platform/sql/index.ts";
import type { StagedFile } from "../export/exports.ts";
import type { ExportTables } from "../export/store.ts";
import type { PredictionsInput, RewriteResult } from "./rewrite-task.ts";
import type { RowsKind } from "../lake/lake-file.ts";
import { runTask, toChange, toGone, toRewrite, toRewriteTask, type Step } from "./step.ts";
import { createErasureStore, type ErasureTables } from "./store.ts";

/** Takes the rows out of the Parquet files, and out of those that wait to be copied. */
export async function eraseFromLake(step: Step): Promise<void> {
  const { deps, erasure, writer } = step;
  const { id, endpoint } = erasure;
  const files = (await writer.listFiles({ endpoint })).filter(({ kind }) => kind !== "labels");
  const rewritesOf = (wanted: RowsKind) =>
    files.filter(({ kind }) => kind === wanted).map((file) => toRewrite(step, file));
  const waiting = (await deps.exports?.listStaged(endpoint)) ?? [];
  const waitingOf = (wanted: RowsKind) =>
    waiting
      .filter(({ kind }) => kind === wanted)
      .map(({ id: file, path }) => ({ id: `export ${file}`, path, tempPath: `${path}.new` }));
  const input: PredictionsInput = {
    ...toGone(step),
    kind: "predictions",
    files: [...rewritesOf("predictions"), ...waitingOf("predictions")],
    shadows: [...rewritesOf("shadows"), ...waitingOf("shadows")],
  };
  const result = await runTask<RewriteResult>(step, toRewriteTask(input), ["lake", "Rewriting the Parquet files"]);
  const own = result.files.filter((file) => !file.id.startsWith("export "));
  const emptied = await replaceWaiting(result, waiting);
  await writer.replaceFiles({
    ...toChange(own, [...input.files, ...input.shadows], files),
    async within(trx) {
      const ids = emptied.map((file) => file.id);
      await deps.exports?.forget(trx as unknown as Transaction<ExportTables>, ids);
      const facts = { lakeFiles: own.length };
      await createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, "tombstone", facts);
    },
  });
  for (const { path } of emptied) await rm(path, { force: true });
}

/** At once: done twice, there is nothing left to replace. @returns those that nothing is left of */
async function replaceWaiting({ files }: RewriteResult, waiting: readonly StagedFile[]): Promise<StagedFile[]> {
  const emptied: StagedFile[] = [];
  for (const one of waiting) {
    const rewritten = files.find((file) => file.id === `export ${one.id}`);
    if (rewritten === undefined) continue;
    if (rewritten.written === null) emptied.push(one);
    else await rename(`${one.path}.new`, one.path);
  }
  return emptied;
}
