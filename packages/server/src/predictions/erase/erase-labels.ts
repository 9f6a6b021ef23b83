import { join } from "node:path";
import type { Transaction } from "../../platform/sql/index.ts";
import { removeLabels, type LabelTables } from "../labels/store.ts";
import type { LakeFile } from "../lake/lake-file.ts";
import type { LabelsInput, RewriteResult } from "./rewrite-task.ts";
import { runTask, toChange, toGone, toRewrite, toRewriteTask, type Step } from "./step.ts";
import { createErasureStore, type ErasureTables } from "./store.ts";

/** Takes out the labels of what goes, from their files and from SQL. Before the lake: keys are found there. */
export async function eraseLabels(step: Step): Promise<void> {
  const { deps, erasure, writer } = step;
  const { id, endpoint } = erasure;
  const files = await writer.listFiles({ endpoint });
  const of = (kind: LakeFile["kind"]) => files.filter((file) => file.kind === kind);
  const waiting = await deps.sql
    .as<LabelTables>()
    .db.selectFrom("labels")
    .select(["id", "prediction", "row", "key"])
    .where("endpoint", "=", endpoint)
    .execute();
  const input: LabelsInput = {
    ...toGone(step),
    kind: "labels",
    files: of("labels").map((file) => toRewrite(step, file)),
    predictions: of("predictions").map((file) => join(deps.lake.folder, file.path)),
    waiting,
  };
  const result = await runTask<RewriteResult>(step, toRewriteTask(input), ["labels", "Taking labels out"]);
  const labels = result.files.reduce((sum, file) => sum + file.removed, 0) + result.waiting.length;
  await writer.replaceFiles({
    ...toChange(result.files, input.files, files),
    within: async (trx) => {
      await removeLabels(trx as unknown as Transaction<LabelTables>, result.waiting);
      await createErasureStore(trx as unknown as Transaction<ErasureTables>).advance(id, "lake", { labels });
    },
  });
}
