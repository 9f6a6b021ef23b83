import {
  integerColumn,
  keyedFields,
  keyedText,
  namedFields,
  plain,
  sql,
  textColumn,
  textOperators,
  type Field,
  type Filter,
  type FilterEntity,
  type Fragment,
} from "../../tracking/index.ts";
import { promptTag } from "../tags.ts";

const attributes = { noun: "attribute", prefixes: ["attribute", "attributes", "attr"], isDefault: true };
const tags = { noun: "tag", prefixes: ["tag", "tags"] };

/** What nobody knows the place of but this server has the place of its name. */
export const sourceColumn =
  "coalesce(v.source, 'mlflow-artifacts:/slipway-versions/' || v.model || '/' || cast(v.version as text))";

/** MLflow's names, and the times, which its own filters do not know. */
export const modelEntity: FilterEntity = {
  groups: [
    namedFields(attributes, {
      name: textColumn("m.name"),
      creation_timestamp: integerColumn("m.created_at"),
      last_updated_timestamp: integerColumn("m.updated_at"),
    }),
    keyedFields(tags, (key) => tagField({ table: "model_tags", owner: "model", of: "m.name" }, key)),
  ],
};

export const versionEntity: FilterEntity = {
  groups: [
    namedFields(attributes, {
      name: textColumn("v.model"),
      run_id: textColumn("v.run_id"),
      source_path: textColumn(sourceColumn),
      version_number: integerColumn("v.version"),
      current_stage: textColumn("v.stage"),
      creation_timestamp: integerColumn("v.created_at"),
      last_updated_timestamp: integerColumn("v.updated_at"),
    }),
    keyedFields(tags, (key) => tagField({ table: "model_version_tags", owner: "version_id", of: "v.id" }, key)),
  ],
};

interface TagTable {
  readonly table: string;
  readonly owner: string;
  readonly of: string;
}

/** What says nothing of being a prompt is none. */
function tagField({ table, owner, of }: TagTable, key: string): Field {
  if (key !== promptTag) return keyedText({ table, owner, of }, key);
  const value = `coalesce((select p.value from ${table} p where p.${owner} = ${of} and p.key = '${promptTag}'), 'false')`;
  return { ...textColumn(value), operators: textOperators };
}

/** Whether a filter asks for prompts: no search finds them otherwise. */
export function wantsPrompts(filter: Filter | null): boolean {
  if (filter === null) return false;
  if (filter.kind === "not") return wantsPrompts(filter.of);
  if (filter.kind !== "comparison") return filter.of.some(wantsPrompts);
  if (filter.key !== promptTag || typeof filter.value !== "string") return false;
  const value = filter.value.toLowerCase();
  return (filter.operator === "=" && value === "true") || (filter.operator === "!=" && value === "false");
}

/** The model of this name is no prompt. */
export function isNoPrompt(name: string): Fragment {
  return sql`not exists (select 1 from model_tags p where p.model = ${plain(name)} and p.key = ${promptTag} and p.value = 'true')`;
}
