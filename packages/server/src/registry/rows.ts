import type { Id } from "../kernel/ids.ts";
import type { Alias, AliasEvent } from "./model.ts";
import { toVersionLocation } from "./model-version.ts";
import type {
  ModelVersion,
  Stage,
  VersionFile,
  VersionOrigin,
  VersionProgram,
  VersionSignature,
  VersionState,
} from "./model-version.ts";

export interface ModelRow {
  name: string;
  description: string | null;
  last_version: number;
  created_at: number;
  deleted_at: number | null;
  updated_at: number | null;
  renamed_to: string | null;
  request: string | null;
  instance: string | null;
}

export interface VersionRow {
  id: string;
  model: string;
  version: number;
  state: string;
  digest: string;
  flavor: string;
  platform: string;
  signature: string;
  files: string;
  entry: string;
  model_section: string | null;
  placement: string;
  program: string | null;
  report: string | null;
  owner: string | null;
  message: string | null;
  author: string | null;
  created_at: number;
  deleted_at: number | null;
  source: string | null;
  storage_location: string | null;
  run_id: string;
  run_link: string;
  logged_model_id: string;
  description: string | null;
  stage: string;
  updated_at: number | null;
  request: string | null;
  instance: string | null;
}

export interface AliasRow {
  model: string;
  alias: string;
  version: number;
  updated_at: number;
  author: string | null;
}

export interface AliasEventRow {
  id: string;
  model: string;
  alias: string;
  from_version: number | null;
  to_version: number | null;
  author: string | null;
  at: number;
}

export interface RegistryTables {
  models: ModelRow;
  model_versions: VersionRow;
  model_tags: { model: string; key: string; value: string };
  model_version_tags: { version_id: string; key: string; value: string };
  model_version_blobs: { sha256: string; version_id: string };
  collected_versions: { version_id: string; at: number };
  aliases: AliasRow;
  alias_events: AliasEventRow;
}

export function toVersionRow(version: ModelVersion): Omit<VersionRow, "request" | "instance"> {
  const { origin } = version;
  // What is nowhere else has the place of its name, which may change.
  const isOwn = origin.source === toVersionLocation(version.model, version.version);
  return {
    id: version.id,
    model: version.model,
    version: version.version,
    state: version.state,
    digest: version.digest ?? "",
    flavor: version.flavor,
    platform: version.platform,
    signature: JSON.stringify(version.signature),
    files: JSON.stringify(version.files),
    entry: version.entry,
    model_section: toJson(version.modelSection),
    placement: version.placement,
    program: toJson(version.program),
    report: toJson(version.report),
    owner: toJson(version.owner),
    message: version.message,
    author: version.author,
    created_at: version.createdAt,
    deleted_at: version.deletedAt,
    source: isOwn ? null : origin.source,
    storage_location: isOwn ? null : origin.storageLocation,
    run_id: origin.runId,
    run_link: origin.runLink,
    logged_model_id: origin.loggedModelId,
    description: version.description,
    stage: version.stage,
    updated_at: version.updatedAt,
  };
}

export function fromVersionRow(row: VersionRow): ModelVersion {
  return {
    id: row.id as Id,
    model: row.model,
    version: row.version,
    state: row.state as VersionState,
    digest: row.digest === "" ? null : row.digest,
    flavor: row.flavor,
    platform: row.platform,
    signature: JSON.parse(row.signature) as VersionSignature,
    files: JSON.parse(row.files) as VersionFile[],
    entry: row.entry,
    modelSection: fromJson(row.model_section),
    placement: row.placement as ModelVersion["placement"],
    program: (fromJson(row.program) as VersionProgram | null) ?? { kind: "onnx" },
    report: fromJson(row.report),
    owner: fromJson(row.owner),
    message: row.message,
    author: row.author,
    createdAt: row.created_at,
    deletedAt: row.deleted_at,
    origin: toOrigin(row),
    description: row.description,
    stage: row.stage as Stage,
    updatedAt: row.updated_at ?? row.created_at,
  };
}

function toOrigin(row: VersionRow): VersionOrigin {
  const source = row.source ?? toVersionLocation(row.model, row.version);
  return {
    source,
    storageLocation: row.storage_location ?? source,
    runId: row.run_id,
    runLink: row.run_link,
    loggedModelId: row.logged_model_id,
  };
}

export function fromAliasRow(row: AliasRow): Alias {
  return { model: row.model, alias: row.alias, version: row.version, updatedAt: row.updated_at, author: row.author };
}

export function fromAliasEventRow(row: AliasEventRow): AliasEvent {
  const { id, model, alias, author, at } = row;
  return { id, model, alias, from: row.from_version, to: row.to_version, author, at };
}

function toJson(value: object | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromJson(text: string | null): object | null {
  return text === null ? null : (JSON.parse(text) as object);
}
