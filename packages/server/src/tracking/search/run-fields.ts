import { SlipwayError } from "@slipway/contract/errors";
import { compareText, textOperators } from "../filter/compare.ts";
import { keyedFields, namedFields, type Field, type FieldComparison, type FilterEntity } from "../filter/entity.ts";
import { integerColumn, keyedText, metricField, textColumn, type KeyedTable } from "../filter/fields.ts";
import { list, plain, sql, type Fragment } from "../filter/fragment.ts";
import { parseOrderBy } from "../filter/order-by.ts";
import { resolveName } from "../filter/to-condition.ts";
import type { OrderTerm } from "./keyset.ts";

const params: KeyedTable = { table: "params", owner: "run_n", of: "r.n", isIndexedByValue: true };
const tags: KeyedTable = { table: "run_tags", owner: "run_n", of: "r.n", isIndexedByValue: true };
const metrics: KeyedTable = { table: "latest_metrics", owner: "run_n", of: "r.n" };

const runName = textColumn("r.name", (comparison) => keyedText(tags, "mlflow.runName").source!(comparison, anywhere));
const anywhere = { dialect: "sqlite" } as const;
const startTime = integerColumn("r.start_time");

const attributes: Readonly<Record<string, Field>> = {
  run_id: textColumn("r.id", byIds),
  run_name: runName,
  "run name": runName,
  "Run name": runName,
  "Run Name": runName,
  status: textColumn("r.status"),
  artifact_uri: textColumn("r.artifact_uri"),
  user_id: textColumn("r.user_id"),
  start_time: startTime,
  created: startTime,
  Created: startTime,
  end_time: integerColumn("r.end_time"),
};

function byIds({ operator, value }: FieldComparison): Fragment | null {
  if (operator === "=") return sql`select x.n as n from runs x where x.id = ${value as string}`;
  return operator === "IN" ? sql`select x.n as n from runs x where x.id in ${list(value as readonly string[])}` : null;
}

/** A run has some datasets; one that satisfies the comparison is enough. */
function datasetField(column: "name" | "digest"): Field {
  return {
    type: "text",
    operators: textOperators,
    condition: (comparison, { dialect }) => sql`exists (select 1 from run_inputs x join datasets d on d.n = x.dataset_n
      where x.run_n = r.n and ${compareText(plain(`d.${column}`), comparison, dialect)})`,
  };
}

const datasetContext: Field = {
  type: "text",
  operators: textOperators,
  condition: (comparison, { dialect }) => sql`exists (select 1 from run_input_tags x
    where x.run_n = r.n and x.key = 'mlflow.data.context' and ${compareText(plain("x.value"), comparison, dialect)})`,
};

/** Of the table `runs r`. */
export const runEntity: FilterEntity = {
  groups: [
    keyedFields({ noun: "metric", prefixes: ["metric", "metrics"] }, (key) => metricField(metrics, key)),
    keyedFields({ noun: "parameter", prefixes: ["parameter", "parameters", "param", "params"] }, (key) =>
      keyedText(params, key),
    ),
    keyedFields({ noun: "tag", prefixes: ["tag", "tags"] }, (key) => keyedText(tags, key)),
    namedFields(
      { noun: "attribute", prefixes: ["attribute", "attributes", "attr", "run"], isDefault: true },
      attributes,
    ),
    namedFields(
      { noun: "dataset", prefixes: ["dataset", "datasets"] },
      { name: datasetField("name"), digest: datasetField("digest"), context: datasetContext },
    ),
  ],
};

/** A term of the order of runs, and what must be joined for it. */
export interface RunOrder extends OrderTerm {
  readonly kind: "metric" | "start_time" | "other";
  /** Of the metric. */
  readonly key: string;
  readonly join: Fragment | null;
  /** The name of what is joined. */
  readonly alias: string;
}

const orderColumns: Readonly<
  Record<string, Pick<OrderTerm, "type"> & { readonly column: string; readonly isNull: boolean }>
> = {
  run_id: { column: "r.id", type: "text", isNull: false },
  run_name: { column: "r.name", type: "text", isNull: false },
  status: { column: "r.status", type: "text", isNull: false },
  user_id: { column: "r.user_id", type: "text", isNull: false },
  artifact_uri: { column: "r.artifact_uri", type: "text", isNull: false },
  start_time: { column: "r.start_time", type: "number", isNull: true },
  end_time: { column: "r.end_time", type: "number", isNull: true },
};

/**
 * What was asked for, then the latest start, then the id: no two runs are the same in it.
 * @throws SlipwayError `invalid_request`
 */
export function toRunOrder(orderBy: readonly string[]): readonly RunOrder[] {
  const asked = orderBy.map((text, index) => toTerm(text, `o${index}`));
  const seen = new Set(asked.map(({ kind, key }) => `${kind}.${key}`));
  if (seen.size < asked.length)
    throw new SlipwayError("invalid_request", `\`order_by\` contains duplicate fields: ${orderBy.join(", ")}`);
  const hasStart = asked.some(({ kind }) => kind === "start_time");
  const cut = asked.findIndex(({ key, kind }) => kind === "other" && key === "attribute.run_id");
  if (cut >= 0) return asked.slice(0, cut + 1);
  const start = hasStart ? [] : [toColumn("start_time", { isDescending: true, alias: "" })];
  return [...asked, ...start, toColumn("run_id", { isDescending: false, alias: "" })];
}

interface TermNames {
  readonly isDescending: boolean;
  readonly alias: string;
}

function toTerm(text: string, alias: string): RunOrder {
  const { isDescending, ...name } = parseOrderBy(text);
  const { group, key } = resolveName({ ...name, at: null }, runEntity);
  if (group.noun === "attribute") return toColumn(translate(key), { isDescending, alias });
  if (group.noun === "dataset")
    throw new SlipwayError("invalid_request", `Invalid order_by entity type 'dataset' in '${text}'.`);
  return toKeyed({ noun: group.noun, key, alias, isDescending });
}

function translate(key: string): string {
  if (key === "created" || key === "Created") return "start_time";
  return key.toLowerCase() === "run name" ? "run_name" : key;
}

function toColumn(key: string, { isDescending, alias }: TermNames): RunOrder {
  const { column, type, isNull } = orderColumns[key]!;
  return {
    kind: key === "start_time" ? "start_time" : "other",
    key: `attribute.${key}`,
    join: null,
    alias,
    rank: isNull ? plain(`case when ${column} is null then 1 else 0 end`) : null,
    value: plain(column),
    isDescending,
    type,
  };
}

function toKeyed({
  noun,
  key,
  alias,
  isDescending,
}: TermNames & { readonly noun: string; readonly key: string }): RunOrder {
  const isMetric = noun === "metric";
  const { table } = isMetric ? metrics : noun === "tag" ? tags : params;
  const missing = `when ${alias}.run_n is null then 2`;
  return {
    kind: isMetric ? "metric" : "other",
    key: isMetric ? key : `${noun}.${key}`,
    alias,
    join: sql`left join ${plain(`${table} ${alias} on ${alias}.run_n = r.n and ${alias}.key =`)} ${key}`,
    rank: plain(isMetric ? `case ${missing} when ${alias}.is_nan = 1 then 1 else 0 end` : `case ${missing} else 0 end`),
    value: plain(`${alias}.value`),
    isDescending,
    type: isMetric ? "number" : "text",
  };
}
