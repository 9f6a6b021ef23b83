import { createPartJudge, listJudged, type ProfileJudgeDeps } from "../drift/judge.ts";
import type { Finding } from "../finding.ts";
import type { Judge } from "../judge.ts";

/** Looks at the values of a window, of the whole traffic and of each slice, beside what is usual there. */
export function createQualityJudge(deps: ProfileJudgeDeps): Judge {
  const { profiles, findReference } = deps;
  const judgePart = createPartJudge(deps);
  return {
    name: "quality",
    async judge(input) {
      const { watched, window, settings } = input;
      const slices = (await profiles.listSlices({ watched, ...window })).map(({ slice }) => slice);
      if (slices.length === 0) return [];
      const reference = await findReference(watched);
      const { quality, drift } = settings;
      const by = { judge: "quality" as const, settings: { quality, drift: { minRows: drift.minRows } } };
      const about = { ...watched, ...window, by, reference: reference?.id ?? null };
      const parts = reference === null ? [null] : await listJudged(deps, { input, reference, slices });
      const findings: Finding[] = [];
      for (const part of parts) findings.push(...(await judgePart({ ...about, part })));
      return findings;
    },
  };
}
