import { SlipwayError } from "@slipway/contract/errors";
import type { TaskDb } from "../../platform/sql/index.ts";
import {
  experimentColumns,
  toExperimentJson,
  type ExperimentJson,
  type ExperimentRow,
} from "../experiments/experiment.ts";
import { compareInteger } from "../filter/compare.ts";
import { keyedFields, namedFields, type Field, type FilterEntity } from "../filter/entity.ts";
import { integerColumn, keyedText, textColumn } from "../filter/fields.ts";
import { list, plain, sql } from "../filter/fragment.ts";
import { parseOrderBy } from "../filter/order-by.ts";
import { parseFilter } from "../filter/parse-filter.ts";
import { resolveName, toCondition } from "../filter/to-condition.ts";
import { wrongFilter } from "../filter/token.ts";
import type { KeyValue } from "../key-value.ts";
import { JsonBytes } from "./json-bytes.ts";
import { selectKeys, type OrderTerm } from "./keyset.ts";
import { lifecyclesOf, type View } from "./limits.ts";
import { decodePageToken, encodePageToken, type TokenScope } from "./page-token.ts";

/** A number that filters write as text. */
const experimentId: Field = {
  type: "text",
  operators: new Set(["=", "!=", "IN", "NOT IN"]),
  condition({ operator, value }) {
    const ids = (typeof value === "string" ? [value] : (value as readonly string[])).map(toId);
    if (operator === "=" || operator === "!=") return compareInteger(plain("e.id"), operator, ids[0]!);
    return sql`e.id ${plain(operator === "IN" ? "in" : "not in")} ${list(ids)}`;
  },
};

function toId(text: string): number {
  const id = Number(text);
  if (/^\s*[-+]?\d+\s*$/.test(text) && Number.isSafeInteger(id)) return id;
  throw wrongFilter(`Invalid experiment ID '${text}'. Experiment ID must be a valid integer`, null);
}

const attributes = {
  name: textColumn("e.name"),
  experiment_id: experimentId,
  creation_time: integerColumn("e.creation_time"),
  last_update_time: integerColumn("e.last_update_time"),
};

/** Of the table `experiments e`. */
const experimentEntity: FilterEntity = {
  groups: [
    namedFields({ noun: "attribute", prefixes: ["attribute", "attributes", "attr"], isDefault: true }, attributes),
    keyedFields({ noun: "tag", prefixes: ["tag", "tags"] }, (key) =>
      keyedText({ table: "experiment_tags", owner: "experiment_id", of: "e.id" }, key),
    ),
  ],
};

const columns: Readonly<Record<string, Pick<OrderTerm, "type" | "value">>> = {
  name: { type: "text", value: plain("e.name") },
  experiment_id: { type: "number", value: plain("e.id") },
  creation_time: { type: "number", value: plain("e.creation_time") },
  last_update_time: { type: "number", value: plain("e.last_update_time") },
};

/** The newest first where nothing is asked. @throws SlipwayError `invalid_request` */
function toOrder(orderBy: readonly string[]): readonly OrderTerm[] {
  const asked = (orderBy.length > 0 ? orderBy : ["creation_time DESC", "experiment_id ASC"]).map((text) => {
    const { isDescending, ...name } = parseOrderBy(text);
    const { group, key } = resolveName({ ...name, at: null }, experimentEntity);
    if (group.noun !== "attribute")
      throw new SlipwayError("invalid_request", `Invalid order_by entity: ${group.noun} in '${text}'.`);
    return { key, term: { ...columns[key]!, rank: null, isDescending } };
  });
  const cut = asked.findIndex(({ key }) => key === "experiment_id");
  const terms = asked.map(({ term }) => term);
  if (cut >= 0) return terms.slice(0, cut + 1);
  return [...terms, { ...columns["experiment_id"]!, rank: null, isDescending: true }];
}

export interface ExperimentSearch {
  readonly filter: string;
  readonly view: View;
  readonly maxResults: number;
  readonly orderBy: readonly string[];
  readonly pageToken: string | null;
}

export interface ExperimentPage {
  readonly experiments?: readonly ExperimentJson[];
  readonly next_page_token?: string;
}

export async function searchExperiments(db: TaskDb, input: ExperimentSearch): Promise<ExperimentPage> {
  const order = toOrder(input.orderBy);
  const scope: TokenScope = {
    what: "order of experiments",
    query: input.orderBy,
    types: order.map(({ type }) => type),
  };
  const condition = toCondition(parseFilter(input.filter), experimentEntity, { dialect: db.dialect });
  const found = await selectKeys(db, {
    from: plain("experiments e"),
    n: plain("e.id"),
    where: [sql`e.lifecycle in ${list(lifecyclesOf[input.view])}`, ...(condition ? [condition] : [])],
    order,
    after: decodePageToken(scope, input.pageToken),
    limit: input.maxResults + 1,
  });
  const page = found.slice(0, input.maxResults);
  if (page.length === 0) return {};
  const experiments = await render(
    db,
    page.map(({ n }) => n),
  );
  return {
    experiments,
    ...(found.length > page.length && { next_page_token: encodePageToken(scope, page.at(-1)!.key) }),
  };
}

/** The same as JSON: fifty thousand experiments are too much for the event loop to write. */
export async function renderExperiments(db: TaskDb, input: ExperimentSearch): Promise<Uint8Array> {
  const json = new JsonBytes();
  json.add(JSON.stringify(await searchExperiments(db, input)));
  return json.toBytes();
}

const chunk = 500;

async function render(db: TaskDb, ids: readonly number[]): Promise<readonly ExperimentJson[]> {
  const experiments: ExperimentJson[] = [];
  for (let from = 0; from < ids.length; from += chunk) {
    const wanted = ids.slice(from, from + chunk);
    const { text, values } = list(wanted);
    const rows = await db.rows<ExperimentRow>(
      `select ${experimentColumns} from experiments where id in ${text}`,
      values,
    );
    const tags = await db.rows<KeyValue & { readonly experiment_id: number }>(
      `select experiment_id, key, value from experiment_tags where experiment_id in ${text} order by experiment_id, key`,
      values,
    );
    const tagsOf = Map.groupBy(tags, (tag) => tag.experiment_id);
    const byId = new Map(rows.map((row) => [row.id, row]));
    for (const id of wanted) {
      const own = (tagsOf.get(id) ?? []).map(({ key, value }) => ({ key, value }));
      experiments.push(toExperimentJson(byId.get(id)!, own));
    }
  }
  return experiments;
}
