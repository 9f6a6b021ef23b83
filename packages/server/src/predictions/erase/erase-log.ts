import { isClosed, listInstances, listSegments, segmentFile } from "@slipway/runtime/log";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { ErasureFacts } from "./erasure.ts";
import type { SegmentsInput, SegmentsResult } from "./segments-task.ts";
import { runTask, toGone, toModule, type ErasuresDeps, type Step } from "./step.ts";

/** Takes the rows out of the segments of the log. */
export async function eraseFromLog(step: Step): Promise<ErasureFacts> {
  const { ended, damagedBytes } = await listEnded(step.deps);
  const input: SegmentsInput = { ...toGone(step), segments: ended };
  const task = { module: toModule("segments-task"), input };
  const result = await runTask<SegmentsResult>(step, task, ["segments", "Rewriting the prediction log"]);
  const { rewritten: segments, widened } = result;
  return { segments, widened, unreadableBytes: result.unreadableBytes + damagedBytes };
}

/** Segments that nobody writes to any more, and what lies beside them that nobody can read. */
async function listEnded({ logFolder, log }: ErasuresDeps) {
  const ended: { path: string; until: number }[] = [];
  let damagedBytes = 0;
  const places = await log.growing();
  for (const instance of await listInstances(logFolder)) {
    const at = join(logFolder, instance);
    const closed = await isClosed(at);
    const place = places.find((offset) => offset.instance === instance);
    for (const number of await listSegments(at)) {
      if (!closed && (place === undefined || number >= place.segment)) continue;
      const path = join(at, segmentFile(number));
      ended.push({ path, until: (await stat(path)).mtimeMs });
    }
    for (const file of await readdir(at))
      if (file.endsWith(".damaged")) damagedBytes += (await stat(join(at, file))).size;
  }
  return { ended, damagedBytes };
}
