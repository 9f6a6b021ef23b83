import { SlipwayError } from "@slipway/contract/errors";
import { encodeCursor } from "../../kernel/page.ts";
import type { TaskDb } from "../../platform/sql/index.ts";
import { all, parseFilter, plain, sql, toCondition, type FilterEntity, type Fragment } from "../../tracking/index.ts";
import { isNoPrompt, modelEntity, versionEntity, wantsPrompts } from "./entities.ts";
import { readOrder, toAfter, toOrderBy, type Orders } from "./order.ts";
import {
  listLatest,
  renderModels,
  renderVersions,
  versionColumns,
  type ModelListing,
  type ModelVersionJson,
  type RegisteredModelJson,
  type VersionListing,
} from "./render.ts";

export interface RegistryQuery {
  readonly filter: string | null;
  readonly orderBy: readonly string[];
  readonly limit: number;
  readonly token: string | null;
}

const modelOrders: Orders = {
  names: {
    name: { column: "m.name", type: "string" },
    timestamp: { column: "m.updated_at", type: "number" },
    last_updated_timestamp: { column: "m.updated_at", type: "number" },
    creation_timestamp: { column: "m.created_at", type: "number" },
  },
  ends: [{ column: "m.name", type: "string", isDescending: false }],
};

const versionOrders: Orders = {
  names: {
    name: { column: "v.model", type: "string" },
    version_number: { column: "v.version", type: "number" },
    creation_timestamp: { column: "v.created_at", type: "number" },
    last_updated_timestamp: { column: "v.updated_at", type: "number" },
  },
  ends: [
    { column: "v.model", type: "string", isDescending: false },
    { column: "v.version", type: "number", isDescending: true },
  ],
};

/** @returns the JSON of the answer */
export async function searchModels(db: TaskDb, query: RegistryQuery): Promise<Uint8Array> {
  const what = { entity: modelEntity, orders: modelOrders, living: "m.deleted_at is null", name: "m.name" };
  const columns = "m.name, m.description, m.created_at, m.updated_at from models m";
  const { rows, next } = await select<ModelListing>(db, { ...what, columns }, query);
  return toAnswer("registered_models", await renderModels(db, rows), next);
}

/** @returns the JSON of the answer */
export async function searchVersions(db: TaskDb, query: RegistryQuery): Promise<Uint8Array> {
  const orderBy = query.orderBy.length > 0 ? query.orderBy : ["last_updated_timestamp DESC"];
  const what = { entity: versionEntity, orders: versionOrders, living: "v.deleted_at is null", name: "v.model" };
  const columns = `${versionColumns} from model_versions v`;
  const { rows, next } = await select<VersionListing>(db, { ...what, columns }, { ...query, orderBy });
  return toAnswer("model_versions", await renderVersions(db, rows, { withAliases: true }), next);
}

interface Searched {
  readonly entity: FilterEntity;
  readonly orders: Orders;
  readonly columns: string;
  readonly living: string;
  /** The column of the model's name. */
  readonly name: string;
}

async function select<Row>(
  db: TaskDb,
  { entity, orders, columns, living, name }: Searched,
  { filter: text, orderBy, limit, token }: RegistryQuery,
): Promise<{ readonly rows: readonly Row[]; readonly next: string | null }> {
  const { dialect } = db;
  const filter = parseFilter(text);
  const order = readOrder(orderBy, orders);
  const where: (Fragment | null)[] = [
    plain(living),
    toCondition(filter, entity, { dialect }),
    wantsPrompts(filter) ? null : isNoPrompt(name),
    toAfter(order, token, dialect),
  ];
  const { text: select, values } = sql`select ${plain(columns)} where ${all(where.filter((each) => each !== null))}
    order by ${toOrderBy(order, dialect)} limit ${limit + 1}`;
  const found = await db.rows<Row>(select, values);
  const rows = found.slice(0, limit);
  const last = rows.at(-1) as Readonly<Record<string, string | number>> | undefined;
  const key = last && order.map(({ column }) => last[column.slice(column.indexOf(".") + 1)]!);
  return { rows, next: found.length > limit && key ? encodeCursor(key) : null };
}

function toAnswer(name: string, items: readonly object[], next: string | null): Uint8Array {
  const answer = { ...(items.length > 0 && { [name]: items }), ...(next !== null && { next_page_token: next }) };
  return new TextEncoder().encode(JSON.stringify(answer));
}

/** @throws SlipwayError `model_not_found` */
export async function getModel(db: TaskDb, { name }: { readonly name: string }): Promise<RegisteredModelJson> {
  const rows = await db.rows<ModelListing>(
    "select name, description, created_at, updated_at from models where name = ? and deleted_at is null",
    [name],
  );
  const [model] = await renderModels(db, rows);
  if (model) return model;
  throw noModel(name);
}

/** The newest version of each stage. @throws SlipwayError `model_not_found` */
export async function latestVersions(
  db: TaskDb,
  { name, stages }: { readonly name: string; readonly stages: readonly string[] },
): Promise<readonly ModelVersionJson[]> {
  await requireModel(db, name);
  const latest = await listLatest(db, name);
  const wanted = stages.length === 0 ? latest : latest.filter(({ stage }) => stages.includes(stage));
  return renderVersions(db, wanted, { withAliases: true });
}

/** @throws SlipwayError `version_not_found` */
export async function getVersion(
  db: TaskDb,
  { model, version }: { readonly model: string; readonly version: number },
): Promise<ModelVersionJson> {
  const rows = await db.rows<VersionListing>(
    `select ${versionColumns} from model_versions v where v.model = ? and v.version = ? and v.deleted_at is null`,
    [model, version],
  );
  const [found] = await renderVersions(db, rows, { withAliases: true });
  if (found) return found;
  throw new SlipwayError("version_not_found", `Model Version (name=${model}, version=${version}) not found`, {
    model,
    version,
  });
}

/** @throws SlipwayError `model_not_found`, `alias_not_found` */
export async function findByAlias(
  db: TaskDb,
  { model, alias }: { readonly model: string; readonly alias: string },
): Promise<ModelVersionJson> {
  await requireModel(db, model);
  const [found] = await db.rows<{ readonly version: number }>(
    "select version from aliases where model = ? and alias = ?",
    [model, alias],
  );
  if (found) return getVersion(db, { model, version: found.version });
  throw new SlipwayError("alias_not_found", `Registered model alias ${alias} not found.`, { model, alias });
}

async function requireModel(db: TaskDb, name: string): Promise<void> {
  const rows = await db.rows("select name from models where name = ? and deleted_at is null", [name]);
  if (rows.length === 0) throw noModel(name);
}

function noModel(name: string): SlipwayError {
  return new SlipwayError("model_not_found", `Registered Model with name=${name} not found`, { model: name });
}
