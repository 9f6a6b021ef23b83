import type { TaskDb } from "../../platform/sql/index.ts";
import type { KeyValue } from "../../tracking/index.ts";
import { sourceColumn } from "./entities.ts";

export interface VersionListing {
  readonly id: string;
  readonly model: string;
  readonly version: number;
  readonly author: string | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly stage: string;
  readonly description: string | null;
  readonly source: string;
  readonly run_id: string;
  readonly run_link: string;
}

/** Of `model_versions v`. */
export const versionColumns = `v.id, v.model, v.version, v.author, v.created_at, v.updated_at, v.stage, v.description,
  ${sourceColumn} as source, v.run_id, v.run_link`;

/** As MLflow has it; what is empty is left out as there. */
export interface ModelVersionJson {
  readonly name: string;
  /** Of a number. */
  readonly version: string;
  readonly creation_timestamp: number;
  readonly last_updated_timestamp: number;
  readonly user_id?: string;
  readonly current_stage: string;
  readonly description?: string;
  readonly source: string;
  readonly run_id: string;
  readonly status: "READY";
  readonly tags?: readonly KeyValue[];
  readonly run_link: string;
  readonly aliases?: readonly string[];
}

export interface RegisteredModelJson {
  readonly name: string;
  readonly creation_timestamp: number;
  readonly last_updated_timestamp: number;
  readonly description?: string;
  readonly latest_versions?: readonly ModelVersionJson[];
  readonly tags?: readonly KeyValue[];
  readonly aliases?: readonly { readonly alias: string; readonly version: string }[];
}

const rowsAtOnce = 500;

/** The versions with their tags, and with their aliases where these are wanted. */
export async function renderVersions(
  db: TaskDb,
  rows: readonly VersionListing[],
  { withAliases }: { readonly withAliases: boolean },
): Promise<readonly ModelVersionJson[]> {
  const tags = await tagsOf(db, rows);
  const aliases = withAliases ? await aliasesOf(db, rows) : new Map<string, string[]>();
  return rows.map((row) => toVersionJson(row, tags.get(row.id), aliases.get(`${row.version} ${row.model}`)));
}

function toVersionJson(row: VersionListing, tags?: readonly KeyValue[], aliases?: readonly string[]): ModelVersionJson {
  return {
    name: row.model,
    version: String(row.version),
    creation_timestamp: row.created_at,
    last_updated_timestamp: row.updated_at,
    ...(row.author !== null && { user_id: row.author }),
    current_stage: row.stage,
    ...(row.description !== null && { description: row.description }),
    source: row.source,
    run_id: row.run_id,
    status: "READY",
    ...(tags && { tags }),
    run_link: row.run_link,
    ...(aliases && { aliases }),
  };
}

async function tagsOf(db: TaskDb, rows: readonly VersionListing[]): Promise<ReadonlyMap<string, readonly KeyValue[]>> {
  const found = new Map<string, KeyValue[]>();
  for (const ids of chunks(rows.map(({ id }) => id))) {
    const tags = await db.rows<KeyValue & { readonly version_id: string }>(
      `select version_id, key, value from model_version_tags where version_id in (${marks(ids)}) order by version_id, key`,
      ids,
    );
    for (const { version_id, key, value } of tags) push(found, version_id, { key, value });
  }
  return found;
}

async function aliasesOf(db: TaskDb, rows: readonly VersionListing[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const models of chunks([...new Set(rows.map(({ model }) => model))])) {
    const aliases = await db.rows<{ readonly model: string; readonly version: number; readonly alias: string }>(
      `select model, version, alias from aliases where model in (${marks(models)}) order by model, alias`,
      models,
    );
    for (const { model, version, alias } of aliases) push(found, `${version} ${model}`, alias);
  }
  return found;
}

export interface ModelListing {
  readonly name: string;
  readonly description: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** Models with their latest version of each stage, their tags and aliases. */
export async function renderModels(db: TaskDb, rows: readonly ModelListing[]): Promise<readonly RegisteredModelJson[]> {
  const models: RegisteredModelJson[] = [];
  for (const { name, description, created_at, updated_at } of rows) {
    const latest = await renderVersions(db, await listLatest(db, name), { withAliases: false });
    const tags = await db.rows<KeyValue>("select key, value from model_tags where model = ? order by key", [name]);
    const aliases = await db.rows<{ readonly alias: string; readonly version: number }>(
      "select alias, version from aliases where model = ? order by alias",
      [name],
    );
    models.push({
      name,
      creation_timestamp: created_at,
      last_updated_timestamp: updated_at,
      ...(description && { description }),
      ...(latest.length > 0 && { latest_versions: latest }),
      ...(tags.length > 0 && { tags }),
      ...(aliases.length > 0 && {
        aliases: aliases.map(({ alias, version }) => ({ alias, version: String(version) })),
      }),
    });
  }
  return models;
}

const stages = ["None", "Staging", "Production", "Archived"] as const;

/** The newest version of each stage, in the order in which the model came to the stages; two look-ups a stage. */
export async function listLatest(db: TaskDb, model: string): Promise<readonly VersionListing[]> {
  const inStage = "from model_versions where model = ? and stage = ? and deleted_at is null order by version";
  const found: { readonly first: number; readonly version: number }[] = [];
  for (const stage of stages) {
    const [first] = await db.rows<{ readonly version: number }>(`select version ${inStage} limit 1`, [model, stage]);
    const [last] = await db.rows<{ readonly version: number }>(`select version ${inStage} desc limit 1`, [
      model,
      stage,
    ]);
    if (first && last) found.push({ first: first.version, version: last.version });
  }
  const numbers = found.toSorted((a, b) => a.first - b.first).map(({ version }) => version);
  if (numbers.length === 0) return [];
  const rows = await db.rows<VersionListing>(
    `select ${versionColumns} from model_versions v where v.model = ? and v.version in (${marks(numbers)})`,
    [model, ...numbers],
  );
  return numbers.map((number) => rows.find(({ version }) => version === number)!);
}

function push<T>(into: Map<string, T[]>, key: string, value: T): void {
  const list = into.get(key);
  if (list) list.push(value);
  else into.set(key, [value]);
}

function* chunks<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += rowsAtOnce) yield all.slice(i, i + rowsAtOnce);
}

const marks = (values: readonly unknown[]) => values.map(() => "?").join(", ");
