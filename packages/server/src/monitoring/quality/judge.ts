import { listJudged, type ProfileJudgeDeps } from "../drift/judge.ts";
import type { Finding } from "../finding.ts";
import type { Judge } from "../judge.ts";
import { judgeQuality } from "./judge-quality.ts";

/** Looks at the values of a window, of the whole traffic and of each slice, beside what is usual there. */
export function createQualityJudge(deps: ProfileJudgeDeps): Judge {
  const { profiles, findReference } = deps;
  return {
    name: "quality",
    async judge(input) {
      const { watched, window, settings } = input;
      const slices = (await profiles.listSlices({ watched, ...window })).map(({ slice }) => slice);
      if (slices.length === 0) return [];
      const reference = await findReference(watched);
      if (reference === null) {
        const current = await profiles.find({ watched, ...window });
        return current === null ? [] : judgeQuality({ reference: null, calibration: null, current, settings });
      }
      const { plan, provisional } = reference;
      const findings: Finding[] = [];
      for (const { slice, profile, calibration } of await listJudged(deps, { input, reference, slices })) {
        const current = await profiles.find({ watched, ...window, slice, plan });
        if (current === null) continue;
        findings.push(...judgeQuality({ reference: { profile, provisional }, calibration, current, settings, slice }));
      }
      return findings;
    },
  };
}
