import type { ImportPoints } from "@slipway/contract";
import type { ImportJob } from "./import-job.ts";
import type { SourceRun } from "./source.ts";

type Series = ImportPoints["series"][number];

/** So many points that the server is busy with them for a few milliseconds. */
const pointsAtOnce = 2000;

/** The points of these keys; each may be there already. */
export async function importPoints(job: ImportJob, run: SourceRun, keys: readonly string[]): Promise<void> {
  let waiting: Series[] = [];
  let count = 0;
  const send = async () => {
    if (count === 0) return;
    await job.target.points(waiting, { signal: job.signal });
    job.reporter.add("points", count);
    job.tick();
    waiting = [];
    count = 0;
  };
  for (const key of keys) {
    let odd = 0;
    for await (const points of job.source.points(run, key)) {
      const fit = points.filter(({ timestamp, step }) => Number.isSafeInteger(timestamp) && Number.isSafeInteger(step));
      odd += points.length - fit.length;
      for (let at = 0; at < fit.length;) {
        const some = fit.slice(at, at + pointsAtOnce - count);
        at += some.length;
        count += some.length;
        waiting.push({
          run_id: run.id,
          key,
          timestamps: some.map((point) => point.timestamp),
          steps: some.map((point) => point.step),
          values: some.map((point) => toWireValue(point.value)),
        });
        if (count >= pointsAtOnce) await send();
      }
    }
    if (odd > 0)
      job.reporter.problem({
        kind: "runs",
        id: run.id,
        text: `${odd} points of ${key} have a step or a time over 2^53 and were left out`,
      });
  }
  await send();
}

/** As MLflow's own database stores them. */
export function toWireValue(value: number): number | null {
  if (Number.isNaN(value)) return null;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
