import type { SqlDialect, TaskDb } from "../../platform/sql/index.ts";
import { runColumns, toRunInfo, type RunRow } from "../runs/run.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { jsonSql, keyValueItem, listField, objectOf, pointFields, type JsonSql } from "./json-sql.ts";

interface RenderedRow extends RunRow {
  readonly metrics: string | null;
  readonly params: string | null;
  readonly tags: string | null;
  readonly datasets: string | null;
  readonly model_inputs: string | null;
  readonly outputs: string | null;
}

/** So many runs are in memory as text at a time. */
const chunk = 64;
/** Statements are kept by their texts, so there are few of them. */
const sizes = [1, 8, 32, chunk];

/** The runs with these numbers, in this order, as items of a list in JSON. */
export async function renderRuns(db: TaskDb, numbers: readonly number[], json: JsonBytes): Promise<void> {
  for (let from = 0; from < numbers.length; from += chunk) {
    const wanted = numbers.slice(from, from + chunk);
    const size = sizes.find((each) => each >= wanted.length)!;
    const padded = Array.from({ length: size }, (_, i) => wanted[Math.min(i, wanted.length - 1)]!);
    const rows = await db.rows<RenderedRow>(statement(db.dialect, size), padded);
    const byNumber = new Map(rows.map((row) => [row.n, row]));
    const texts = wanted.map((n) => toJson(byNumber.get(n)!));
    json.add(`${from === 0 ? "" : ","}${texts.join(",")}`);
  }
}

function toJson(row: RenderedRow): string {
  const data = [listField("metrics", row.metrics), listField("params", row.params), listField("tags", row.tags)];
  const inputs = [listField("dataset_inputs", row.datasets), listField("model_inputs", row.model_inputs)];
  const info = JSON.stringify(toRunInfo(row));
  const outputs = objectOf([listField("model_outputs", row.outputs)]);
  return `{"info":${info},"data":${objectOf(data)},"inputs":${objectOf(inputs)},"outputs":${outputs}}`;
}

const statements = new Map<string, string>();

function statement(dialect: SqlDialect, size: number): string {
  const key = `${dialect}${size}`;
  const known = statements.get(key);
  if (known !== undefined) return known;
  const json = jsonSql[dialect];
  const model = `'{"model_id":' || ${json.text("x.model_id")}`;
  const pair = keyValueItem(json, "x");
  const text = `select ${runColumns},
    ${ownList(json, { table: "latest_metrics", item: `'{' || ${pointFields(json, "x")} || '}'`, orderBy: "x.key" })} as metrics,
    ${ownList(json, { table: "params", item: pair, orderBy: "x.key" })} as params,
    ${ownList(json, { table: "run_tags", item: pair, orderBy: "x.key" })} as tags,
    ${datasetList(json)} as datasets,
    ${ownList(json, { table: "run_model_inputs", item: `${model} || '}'`, orderBy: "x.model_id" })} as model_inputs,
    (select ${json.joined(`${model} || ',"step":' || x.step || '}'`)}
      from (select model_id, step from run_outputs where run_n = r.n order by step, model_id) x) as outputs
    from runs r where r.n in (${Array.from({ length: size }, () => "?").join(", ")})`;
  statements.set(key, text);
  return text;
}

interface OwnList {
  readonly table: string;
  readonly item: string;
  /** What the table is keyed by behind the number of the run. */
  readonly orderBy: string;
}

function ownList(json: JsonSql, { table, item, orderBy }: OwnList): string {
  return `(select ${json.joined(item, orderBy)} from ${table} x where x.run_n = r.n)`;
}

function datasetList(json: JsonSql): string {
  const tags = `(select ${json.joined(keyValueItem(json, "t"), "t.key")} from run_input_tags t
    where t.run_n = x.run_n and t.dataset_n = x.dataset_n)`;
  const optional = (name: string) =>
    `case when x.${name} is null then '' else ',"${name}":' || ${json.text(`x.${name}`)} end`;
  const dataset = ["name", "digest", "source_type", "source"].map(
    (name) => `'"${name}":' || ${json.text(`x.${name}`)}`,
  );
  const item = `'{' || coalesce('"tags":[' || ${tags} || '],', '') || '"dataset":{' || ${dataset.join(" || ',' || ")}
    || ${optional("schema")} || ${optional("profile")} || '}}'`;
  return `(select ${json.joined(item)}
    from (select i.run_n, i.dataset_n, d.name, d.digest, d.source_type, d.source, d.schema, d.profile
      from run_inputs i join datasets d on d.n = i.dataset_n where i.run_n = r.n order by i.position, d.n) x)`;
}
