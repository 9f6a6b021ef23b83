import { dirname, resolve } from "node:path";
import type { ForeignSqlite } from "@slipway/server";
import { SlipwayError } from "@slipway/contract/errors";
import { intOf, optionalInt, textOf } from "./fields.ts";
import { addressOffline, locateOffline } from "./offline-artifacts.ts";
import { toExperiment } from "./rest-shapes.ts";
import type { LeftOut, MlflowSource, SourcePoint } from "./source.ts";
import { sqliteModels } from "./sqlite-models.ts";
import { createSqliteRuns } from "./sqlite-runs.ts";
import { inDefault, pairsByOwner, selectWhere } from "./sqlite-rows.ts";

const runsAPage = 500;
const pointsAPiece = 10_000;

export interface SqliteSourceOptions {
  readonly path: string;
  /** Where the files of `mlflow-artifacts:` addresses are; null where nobody said. */
  readonly artifacts: string | null;
}

/** The database of an MLflow server, which may go on meanwhile. @throws SlipwayError `invalid_file` */
export function createSqliteSource(database: ForeignSqlite, { path, artifacts }: SqliteSourceOptions): MlflowSource {
  if (!database.tables.has("runs") || !database.tables.has("experiments"))
    throw new SlipwayError("invalid_file", `${path} is a database, but not one of MLflow: it has no table of runs.`, {
      path,
    });
  const runs = createSqliteRuns(database);
  const base = dirname(resolve(path));
  return {
    kind: "sqlite",
    label: path,
    async experiments() {
      const tags = pairsByOwner(selectWhere(database, ["experiment_tags", "experiment_id"], null), "experiment_id");
      const rows = inDefault(database.rows("select * from experiments order by experiment_id"));
      return rows.map((row) => ({ ...toExperiment(row), tags: tags.get(textOf(row, "experiment_id")) ?? [] }));
    },
    countRuns: async (experimentId) => {
      const [row] = database.rows("select count(*) as n from runs where experiment_id = ?", [Number(experimentId)]);
      return intOf(row ?? {}, "n");
    },
    async *runPages(experimentId) {
      let after = "";
      for (;;) {
        const rows = database.rows(
          `select * from runs where experiment_id = ? and run_uuid > ? order by run_uuid limit ${runsAPage}`,
          [Number(experimentId), after],
        );
        if (rows.length > 0) yield runs.toRuns(rows);
        if (rows.length < runsAPage) return;
        after = textOf(rows.at(-1) ?? {}, "run_uuid");
      }
    },
    completeRun: async (run) => run,
    async *points({ id }, key) {
      // In columns, which take a tenth of the memory: a run may have millions of points, and the old server waits meanwhile.
      const [timestamps, steps, values]: [number[], number[], number[]] = [[], [], []];
      database.each(pointsQuery(database), [id, key], ([timestamp, step, value, isNan]) => {
        timestamps.push(Number(timestamp));
        steps.push(Number(step));
        values.push(isNan === 1 || value === null ? Number.NaN : Number(value));
      });
      for (let at = 0; at < values.length; at += pointsAPiece)
        yield values.slice(at, at + pointsAPiece).map((value, i): SourcePoint => {
          return { timestamp: timestamps[at + i]!, step: steps[at + i]!, value };
        });
    },
    ...sqliteModels(database),
    locate: (uri, owner) => locateOffline({ uri, owner, base, artifacts }),
    addressOf: (uri) => addressOffline(uri, base),
    leftOut: async () => countLeftOut(database),
    close: () => database.close(),
  };
}

/** As doubles: a step or a time that no double holds is told apart later, and does not end the reading. */
function pointsQuery(database: ForeignSqlite): string {
  const columns = database.tables.get("metrics") ?? new Set();
  const step = columns.has("step") ? "cast(step as real)" : "0";
  const isNan = columns.has("is_nan") ? "is_nan" : "0";
  return `select cast(timestamp as real), ${step}, value, ${isNan} from metrics where run_uuid = ? and key = ?`;
}

const others: readonly (readonly [table: string, what: string])[] = [
  ["trace_info", "traces"],
  ["assessments", "assessments of traces"],
  ["evaluation_datasets", "evaluation datasets"],
  ["scorers", "scorers"],
  ["webhooks", "webhooks"],
  ["endpoints", "gateway endpoints"],
];

const named = [
  ["experiments", "experiments of other workspaces"],
  ["registered_models", "registered models of other workspaces"],
] as const;

function countLeftOut(database: ForeignSqlite): readonly LeftOut[] {
  const count = (table: string, where = "") =>
    optionalInt(database.rows(`select count(*) as n from ${table} ${where}`)[0] ?? {}, "n") ?? 0;
  const found = others
    .filter(([table]) => database.tables.has(table))
    .map(([table, what]) => ({ what, count: count(table), why: "Slipway has none, or keeps its own" }));
  for (const [table, what] of named)
    if (database.tables.get(table)?.has("workspace") === true)
      found.push({ what, count: count(table, "where workspace <> 'default'"), why: "there is one namespace here" });
  return found.filter((each) => each.count > 0);
}
