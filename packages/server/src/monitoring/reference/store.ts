import type { Sql } from "../../platform/sql/index.ts";
import type { Calibration } from "../drift/calibration.ts";
import type { Estimator } from "../performance/estimator.ts";
import { createProfilePlan, decodeProfile, type ColumnPlan } from "../profiles/index.ts";
import type { Watched } from "../watched.ts";
import type { Reference, ReferenceSource } from "./reference.ts";

interface ReferenceRow {
  endpoint: string;
  model: string;
  version: number;
  id: string;
  source: string;
  provisional: number;
  rows: number;
  created_at: number;
  made_of: string;
  sample: string;
  facts: string;
  plan: string;
  profile: string;
  calibration: string;
  estimator: string | null;
}

interface ReferenceTables {
  monitor_references: ReferenceRow;
}

/** What it was made of, and when. */
interface ReferenceMark {
  readonly id: string;
  readonly madeOf: string;
  readonly source: ReferenceSource;
  readonly provisional: boolean;
  readonly rows: number;
  readonly createdAt: number;
}

type Facts = Pick<Reference, "time" | "label" | "importance" | "notes"> & { readonly sampleRows: number };

/** A reference as it was made; the texts are JSON, and the profile is in base64. */
export interface NewReference extends Facts, Omit<ReferenceMark, "createdAt"> {
  readonly createdAt: number;
  readonly watched: Watched;
  readonly sample: string;
  readonly planJson: string;
  readonly profile: string;
  readonly calibrationJson: string;
  readonly estimatorJson: string | null;
}

export interface KeptReference {
  readonly watched: Watched;
  readonly source: ReferenceSource;
  readonly sample: string;
}

export interface ReferenceStore {
  findMark(watched: Watched): Promise<ReferenceMark | null>;
  find(watched: Watched): Promise<Reference | null>;
  /** In the place of the one before. */
  put(reference: NewReference): Promise<void>;
  /** Each, and the blob of its sample. */
  listKept(): Promise<readonly KeptReference[]>;
  /** Those of a version behind all endpoints. */
  removeVersion(model: string, version: number): Promise<void>;
  remove(watched: Watched): Promise<void>;
  /** Blobs of samples. */
  listSamples(): Promise<readonly string[]>;
  isSample(sha256: string): Promise<boolean>;
}

export function createReferenceStore(sql: Sql): ReferenceStore {
  const { db } = sql.as<ReferenceTables>();
  const of = ({ endpoint, model, version }: Watched) =>
    db
      .selectFrom("monitor_references")
      .where("endpoint", "=", endpoint)
      .where("model", "=", model)
      .where("version", "=", version);
  return {
    async findMark(watched) {
      const row = await of(watched)
        .select(["id", "made_of", "source", "provisional", "rows", "created_at"])
        .executeTakeFirst();
      return row === undefined ? null : toMark(row);
    },
    async find(watched) {
      const row = await of(watched).selectAll().executeTakeFirst();
      return row === undefined ? null : toReference(row);
    },
    async put(reference) {
      const row = toRow(reference);
      await db
        .insertInto("monitor_references")
        .values(row)
        .onConflict((conflict) => conflict.columns(["endpoint", "model", "version"]).doUpdateSet(row))
        .execute();
    },
    async listKept() {
      const columns = ["endpoint", "model", "version", "source", "sample"] as const;
      const rows = await db.selectFrom("monitor_references").select(columns).execute();
      return rows.map(({ source, sample, ...watched }) => ({ watched, source: source as ReferenceSource, sample }));
    },
    async removeVersion(model, version) {
      await db.deleteFrom("monitor_references").where("model", "=", model).where("version", "=", version).execute();
    },
    async remove({ endpoint, model, version }) {
      await db
        .deleteFrom("monitor_references")
        .where("endpoint", "=", endpoint)
        .where("model", "=", model)
        .where("version", "=", version)
        .execute();
    },
    async listSamples() {
      const rows = await db.selectFrom("monitor_references").select("sample").distinct().execute();
      return rows.map(({ sample }) => sample);
    },
    async isSample(sha256) {
      const row = await db
        .selectFrom("monitor_references")
        .select("id")
        .where("sample", "=", sha256)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toMark(
  row: Pick<ReferenceRow, "id" | "made_of" | "source" | "provisional" | "rows" | "created_at">,
): ReferenceMark {
  return {
    id: row.id,
    madeOf: row.made_of,
    source: row.source as ReferenceSource,
    provisional: row.provisional === 1,
    rows: row.rows,
    createdAt: row.created_at,
  };
}

function toRow(reference: NewReference): ReferenceRow {
  const { watched, time, label, importance, notes, sampleRows } = reference;
  return {
    ...watched,
    id: reference.id,
    source: reference.source,
    provisional: reference.provisional ? 1 : 0,
    rows: reference.rows,
    created_at: reference.createdAt,
    made_of: reference.madeOf,
    sample: reference.sample,
    facts: JSON.stringify({ time, label, importance, notes, sampleRows } satisfies Facts),
    plan: reference.planJson,
    profile: reference.profile,
    calibration: reference.calibrationJson,
    estimator: reference.estimatorJson,
  };
}

function toReference(row: ReferenceRow): Reference {
  const { endpoint, model, version, sample } = row;
  const { sampleRows, ...facts } = JSON.parse(row.facts) as Facts;
  const columns = (JSON.parse(row.plan) as (Omit<ColumnPlan, "edges"> & { readonly edges: number[] | null })[]).map(
    (column): ColumnPlan => ({ ...column, edges: column.edges && Float64Array.from(column.edges) }),
  );
  const { madeOf: _, ...mark } = toMark(row);
  return {
    ...mark,
    ...facts,
    watched: { endpoint, model, version },
    plan: createProfilePlan(columns),
    profile: decodeProfile(Buffer.from(row.profile, "base64")),
    calibration: JSON.parse(row.calibration) as Calibration,
    estimator: row.estimator === null ? null : (JSON.parse(row.estimator) as Estimator),
    sample: { sha256: sample, rows: sampleRows },
  };
}
