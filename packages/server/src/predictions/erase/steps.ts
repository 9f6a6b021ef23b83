import { rm } from "node:fs/promises";
import { join } from "node:path";
import { appendAudit } from "../../access/index.ts";
import { forgetDeleted } from "../../platform/sql/index.ts";
import type { LakeWriter } from "../lake/prediction-lake.ts";
import { eraseLabels } from "./erase-labels.ts";
import { eraseFromLake } from "./erase-lake.ts";
import { eraseFromLog } from "./erase-log.ts";
import type { Erasure, ErasureStep } from "./erasure.ts";
import type { ErasuresDeps, Progress, Step } from "./step.ts";
import { createErasureStore, type ErasureTables } from "./store.ts";

/** Does what is left of an erasure. To be called while nobody else changes files of the log and the lake. */
export type RunSteps = (erasure: Erasure, writer: LakeWriter, progress: Progress) => Promise<Erasure>;

const steps: Readonly<Record<Exclude<ErasureStep, "done">, (step: Step) => Promise<void>>> = {
  async segments(step) {
    const facts = await eraseFromLog(step);
    const { sql } = step.deps;
    await sql.as<ErasureTables>().tx((trx) => createErasureStore(trx).advance(step.erasure.id, "labels", facts));
  },
  labels: eraseLabels,
  lake: eraseFromLake,
  async tombstone(step) {
    await step.deps.onErased?.(step.erasure.endpoint);
    await writeTombstone(step);
  },
};

export function createSteps(deps: ErasuresDeps): RunSteps {
  const store = createErasureStore(deps.sql.as<ErasureTables>().db);
  return async (begun, writer, progress) => {
    let erasure = begun;
    while (erasure.step !== "done") {
      await deps.onStep?.(erasure.step);
      await steps[erasure.step]({ deps, erasure, writer, progress });
      erasure = (await store.find(begun.id)) ?? begun;
    }
    await deps.onStep?.("done");
    await rm(join(deps.folder, begun.id), { recursive: true, force: true });
    await forgetDeleted(deps.sql);
    return erasure;
  };
}

/** Who, when and how many, for good; nothing about whom. */
async function writeTombstone({ deps, erasure }: Step): Promise<void> {
  const { id, endpoint, author, predicate, createdAt, lakeFiles } = erasure;
  const { predictions, requests, widened, labels, segments } = erasure;
  const counts = { predictions, requests, widened, labels, segments, lake_files: lakeFiles };
  const at = deps.clock.now();
  await deps.sql.as<ErasureTables>().tx(async (trx) => {
    const details = { erasure: id, predicate_sha256: predicate, asked_at: createdAt, ...counts };
    await appendAudit(trx, { at, actor: author, action: "predictions.erase", subject: endpoint, details });
    await createErasureStore(trx).advance(id, "done", { finishedAt: at });
  });
}
