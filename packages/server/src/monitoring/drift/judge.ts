import { passing, type Finding } from "../finding.ts";
import type { Judge, JudgeInput } from "../judge.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { ProfilesStore } from "../profiles/index.ts";
import type { FindReference, Reference } from "../reference/reference.ts";
import type * as tasks from "./judge-tasks.ts";
import type { JudgedPart, ListParts } from "./judged-part.ts";

/** Of the accepted false alarms: what is left for the columns where they are also looked at all together. */
export const univariateShare = 0.8;

export interface ProfileJudgeDeps {
  readonly sql: Pick<Sql, "tasks">;
  readonly profiles: Pick<ProfilesStore, "listSlices">;
  readonly findReference: FindReference;
  /** What is usual in each slice; a slice that is not in it cannot be judged yet. */
  readonly listParts: ListParts;
}

/** Compares the profile of a window with the reference, column by column: the whole traffic, and each slice with its own part of it. */
export function createDriftJudge(deps: ProfileJudgeDeps): Judge {
  const { profiles, findReference } = deps;
  const judgePart = createPartJudge(deps);
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
        const by = {
          judge: "drift" as const,
          settings: part === null ? settings.drift : without(settings.drift, part.ignore),
          alpha: alpha * (part === null ? 1 : 1 / (slices.length - 1)),
        };
        findings.push(...(await judgePart({ ...watched, ...window, reference: reference.id, part, by })));
      }
      return findings;
    },
  };
}

const script = new URL(`./judge-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** One part at a time, where the database is: of a thousand columns it takes a tenth of a second. */
export function createPartJudge({ sql }: Pick<ProfileJudgeDeps, "sql">) {
  const { read } = sql.tasks<typeof tasks>(script);
  return async (input: tasks.JudgePart): Promise<readonly Finding[]> => {
    const json = await read("judgePart", input);
    return json === null ? [] : (JSON.parse(new TextDecoder().decode(json)) as Finding[]);
  };
}

interface Asked {
  readonly input: JudgeInput;
  readonly reference: Reference;
  readonly slices: readonly string[];
}

/** The whole traffic (null), and those slices with traffic that something is known of. */
export async function listJudged(
  { listParts }: Pick<ProfileJudgeDeps, "listParts">,
  { input, reference, slices }: Asked,
): Promise<(JudgedPart | null)[]> {
  const named = slices.filter((slice) => slice !== "");
  if (named.length === 0) return [null];
  const parts = await listParts(reference, input.settings);
  return [null, ...parts.filter(({ slice }) => named.includes(slice))];
}

function without<T extends { readonly ignore: readonly string[] }>(settings: T, column: string): T {
  return { ...settings, ignore: [...settings.ignore, column] };
}

function withoutReference(rows: number): Finding {
  const message = "There is no reference to compare this window with yet.";
  return { ...passing("drift.input"), verdict: "insufficient", severity: "info", rows, message };
}
