import { decodeCursor, toPage, type Page, type PageQuery } from "../../kernel/page.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { GateResult } from "../observations.ts";
import type { Verdict } from "../verdict.ts";

/** What one gate said of a version, kept with it. */
export interface KeptGate extends GateResult {
  readonly rollout: string;
  readonly endpoint: string;
  readonly model: string;
  readonly version: number;
  /** What served then; null: nothing did. */
  readonly comparedWith: number | null;
  /** In the order of the rollout's gates, from 0. */
  readonly place: number;
  readonly finishedAt: number;
}

export interface GateFile {
  /** As `slipway.yaml` names it. */
  readonly path: string;
  readonly sha256: string;
  readonly size: number;
}

interface GateTables {
  gate_results: {
    rollout: string;
    gate: string;
    place: number;
    endpoint: string;
    model: string;
    version: number;
    compared_with: number | null;
    verdict: string;
    message: string;
    evidence: string;
    finished_at: number;
  };
  gate_files: { model: string; version: number; path: string; sha256: string; size: number };
}

export interface GateStore {
  /** In the place of what the same gate of the same rollout said before. */
  put(result: KeptGate): Promise<void>;
  /** In their order. */
  listOf(rollout: string): Promise<readonly KeptGate[]>;
  /** Of all rollouts of a version, newest first. */
  listOfVersion(of: OfVersion, query: PageQuery): Promise<Page<KeptGate>>;
  /** In the place of those with the same names. */
  putFiles(model: string, version: number, files: readonly GateFile[]): Promise<void>;
  findFile(of: { readonly model: string; readonly version: number; readonly path: string }): Promise<GateFile | null>;
  listFiles(model: string, version: number): Promise<readonly GateFile[]>;
  removeFiles(model: string, version: number): Promise<void>;
  listBlobs(): Promise<ReadonlySet<string>>;
  isBlob(sha256: string): Promise<boolean>;
}

export interface OfVersion {
  readonly model: string;
  readonly version: number;
}

export function createGateStore(sql: Sql): GateStore {
  const { db } = sql.as<GateTables>();
  return {
    async put(result) {
      const row = toRow(result);
      await db
        .insertInto("gate_results")
        .values(row)
        .onConflict((conflict) => conflict.columns(["rollout", "gate"]).doUpdateSet(row))
        .execute();
    },
    async listOf(rollout) {
      const rows = await db
        .selectFrom("gate_results")
        .selectAll()
        .where("rollout", "=", rollout)
        .orderBy("place")
        .execute();
      return rows.map(toKept);
    },
    async listOfVersion({ model, version }, { limit, cursor }) {
      const all = db.selectFrom("gate_results").selectAll().where("model", "=", model).where("version", "=", version);
      const [at, before, place] = cursor === null ? [] : decodeCursor(cursor, ["number", "string", "number"]);
      const rest =
        at === undefined
          ? all
          : all.where(({ eb, refTuple, tuple }) =>
              eb(refTuple("finished_at", "rollout", "place"), "<", tuple(Number(at), String(before), Number(place))),
            );
      const rows = await rest
        .orderBy("finished_at", "desc")
        .orderBy("rollout", "desc")
        .orderBy("place", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(toKept), limit, ({ finishedAt, rollout, place }) => [finishedAt, rollout, place]);
    },
    async putFiles(model, version, files) {
      for (const { path, sha256, size } of files)
        await db
          .insertInto("gate_files")
          .values({ model, version, path, sha256, size })
          .onConflict((conflict) => conflict.columns(["model", "version", "path"]).doUpdateSet({ sha256, size }))
          .execute();
    },
    async findFile({ model, version, path }) {
      const row = await db
        .selectFrom("gate_files")
        .select(["path", "sha256", "size"])
        .where("model", "=", model)
        .where("version", "=", version)
        .where("path", "=", path)
        .executeTakeFirst();
      return row ?? null;
    },
    async listFiles(model, version) {
      return db
        .selectFrom("gate_files")
        .select(["path", "sha256", "size"])
        .where("model", "=", model)
        .where("version", "=", version)
        .orderBy("path")
        .execute();
    },
    async removeFiles(model, version) {
      await db.deleteFrom("gate_files").where("model", "=", model).where("version", "=", version).execute();
    },
    async listBlobs() {
      const rows = await db.selectFrom("gate_files").select("sha256").distinct().execute();
      return new Set(rows.map(({ sha256 }) => sha256));
    },
    async isBlob(sha256) {
      const row = await db.selectFrom("gate_files").select("sha256").where("sha256", "=", sha256).executeTakeFirst();
      return row !== undefined;
    },
  };
}

function toRow(kept: KeptGate): GateTables["gate_results"] {
  const { rollout, gate, place, endpoint, model, version, verdict, message } = kept;
  return {
    rollout,
    gate,
    place,
    endpoint,
    model,
    version,
    verdict,
    message,
    compared_with: kept.comparedWith,
    evidence: JSON.stringify(kept.evidence),
    finished_at: kept.finishedAt,
  };
}

function toKept(row: GateTables["gate_results"]): KeptGate {
  const { compared_with: comparedWith, finished_at: finishedAt, evidence, verdict, ...rest } = row;
  return {
    ...rest,
    comparedWith,
    finishedAt,
    verdict: verdict as Verdict,
    evidence: JSON.parse(evidence) as KeptGate["evidence"],
  };
}
