import {
  SlipwayError,
  type ImportExperiments,
  type ImportExperimentsAnswer,
  type ImportLoggedModels,
  type ImportMarks,
  type ImportPoints,
  type ImportResult,
  type ImportRuns,
  type ImportState,
} from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type * as module from "./import-tasks.ts";

/** Records of another server with their own ids and times. Whatever is given again and is the same changes nothing. */
export interface MlflowImports {
  /** What imports have said of these records when they had taken them whole; by id. */
  readMarks(state: ImportState): Promise<Readonly<Record<string, string>>>;
  putMarks(marks: ImportMarks): Promise<void>;
  experiments(given: ImportExperiments): Promise<ImportExperimentsAnswer["experiments"]>;
  /** @throws SlipwayError `experiment_not_found` */
  runs(given: ImportRuns): Promise<readonly ImportResult[]>;
  /** @throws SlipwayError `run_not_found`, `too_large`, `invalid_request` */
  points(given: ImportPoints): Promise<number>;
  /** @throws SlipwayError `experiment_not_found` */
  loggedModels(given: ImportLoggedModels): Promise<readonly ImportResult[]>;
}

const mostPoints = 5000;
const script = new URL(`./import-tasks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createMlflowImports({ sql, clock }: { readonly sql: Sql; readonly clock: Clock }): MlflowImports {
  const tasks = sql.tasks<typeof module>(script);
  return {
    readMarks: (state) => tasks.read("readImportMarks", state),
    putMarks: (marks) => tasks.write("putImportMarks", marks),
    experiments: (given) => tasks.write("importExperiments", { ...given, now: clock.now() }),
    runs: (given) => tasks.write("importRuns", given),
    async points(given) {
      const points = countPoints(given);
      await tasks.write("importPoints", given);
      return points;
    },
    loggedModels: (given) => tasks.write("importLoggedModels", given),
  };
}

function countPoints({ series }: ImportPoints): number {
  let points = 0;
  for (const { key, timestamps, steps, values } of series) {
    points += values.length;
    if (timestamps.length !== values.length || steps.length !== values.length)
      throw new SlipwayError(
        "invalid_request",
        `The series ${JSON.stringify(key)} has ${values.length} values, ${timestamps.length} times and ${steps.length} steps: give as many of each.`,
      );
  }
  if (points <= mostPoints) return points;
  throw new SlipwayError("too_large", `${points} points are more than ${mostPoints}. Send them in pieces.`);
}
