import type { Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import type { ProfilesStore } from "../profiles/index.ts";
import type { FindReference, Reference } from "../reference/reference.ts";
import { judgeProfile } from "./judge-profile.ts";
import type { JudgedPart, ListParts } from "./judged-part.ts";

/** Of the accepted false alarms: what is left for the columns where they are also looked at all together. */
export const univariateShare = 0.8;

export interface ProfileJudgeDeps {
  readonly profiles: Pick<ProfilesStore, "find" | "listSlices">;
  readonly findReference: FindReference;
  /** What is usual in each slice; a slice that is not in it cannot be judged yet. */
  readonly listParts: ListParts;
}

/** Compares the profile of a window with the reference, column by column: the whole traffic, and each slice with its own part of it. */
export function createDriftJudge(deps: ProfileJudgeDeps): Judge {
  const { profiles, findReference } = deps;
  return {
    name: "drift",
    async judge(input) {
      const { watched, window, settings } = input;
      const slices = await profiles.listSlices({ watched, ...window });
      if (slices.length === 0) return [];
      const reference = await findReference(watched);
      if (reference === null) return [withoutReference(slices.find(({ slice }) => slice === "")?.rows ?? 0)];
      const alpha = settings.drift.alpha * (settings.drift.multivariate ? univariateShare : 1);
      const findings: Finding[] = [];
      for (const part of await listJudged(deps, { input, reference, slices: slices.map(({ slice }) => slice) })) {
        const current = await profiles.find({ watched, ...window, slice: part.slice, plan: reference.plan });
        if (current === null) continue;
        const share = part.slice === "" ? 1 : 1 / (slices.length - 1);
        const { plan, provisional } = reference;
        findings.push(
          ...judgeProfile({
            reference: { plan, profile: part.profile, provisional },
            calibration: part.calibration,
            current,
            at: window.from,
            settings: part.ignore === null ? settings.drift : without(settings.drift, part.ignore),
            slice: part.slice,
            alpha: alpha * share,
          }),
        );
      }
      return findings;
    },
  };
}

interface Asked {
  readonly input: JudgeInput;
  readonly reference: Reference;
  readonly slices: readonly string[];
}

/** The whole traffic, and those slices with traffic that something is known of. */
export async function listJudged(
  { listParts }: ProfileJudgeDeps,
  { input, reference, slices }: Asked,
): Promise<JudgedPart[]> {
  const { profile, calibration } = reference;
  const whole = { slice: "", profile, calibration, ignore: null };
  const named = slices.filter((slice) => slice !== "");
  if (named.length === 0) return [whole];
  const parts = await listParts(reference, input.settings);
  return [whole, ...parts.filter(({ slice }) => named.includes(slice))];
}

function without<T extends { readonly ignore: readonly string[] }>(settings: T, column: string): T {
  return { ...settings, ignore: [...settings.ignore, column] };
}

function withoutReference(rows: number): Finding {
  return {
    monitor: "drift.input",
    slice: "",
    column: null,
    metric: null,
    verdict: "insufficient",
    severity: "info",
    value: null,
    threshold: null,
    p: null,
    pAdjusted: null,
    effect: null,
    rows,
    referenceRows: null,
    provisional: false,
    message: "There is no reference to compare this window with yet.",
  };
}
