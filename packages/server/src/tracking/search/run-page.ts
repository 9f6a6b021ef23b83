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
const chunk = 256;
/** Statements are kept by their texts, so there are few of them. */
const sizes = [1, 8, 32, 128, chunk];

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
  const text = `select ${runColumns},
    ${ownList(json, "latest_metrics", `'{' || ${pointFields(json, "x")} || '}'`)} as metrics,
    ${ownList(json, "params", keyValueItem(json, "x"))} as params,
    ${ownList(json, "run_tags", keyValueItem(json, "x"))} as tags,
    ${datasetList(json)} as datasets,
    ${ownList(json, "run_model_inputs", `'{"model_id":' || ${json.text("x.model_id")} || '}'`)} as model_inputs,
    ${ownList(json, "run_outputs", `'{"model_id":' || ${json.text("x.model_id")} || ',"step":' || x.step || '}'`)} as outputs
    from runs r where r.n in (${Array.from({ length: size }, () => "?").join(", ")})`;
  statements.set(key, text);
  return text;
}

function ownList(json: JsonSql, table: string, item: string): string {
  return `(select ${json.joined(item)} from ${table} x where x.run_n = r.n)`;
}

function datasetList(json: JsonSql): string {
  const tags = `(select ${json.joined(keyValueItem(json, "t"))} from run_input_tags t
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
