import { SlipwayError, type LabelImportRequest, type LabelImportResult } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import { LakeError } from "../../platform/lake/index.ts";
import type { Operation, Operations } from "../../platform/queue/index.ts";
import type { Sql, Transaction } from "../../platform/sql/index.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import { createIdPrefix, toLabelFile, toPaths, toTask } from "./label-lake.ts";
import type { ImportInput, ImportOutput } from "./label-tasks.ts";
import type { LabelTables } from "./store.ts";

export type ImportWork = Pick<ImportInput, "origin" | "columns" | "source" | "ambiguous" | "skipBad">;

export interface BulkOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
  /** More SQL of the transaction that lists the file, or that alone where nothing was new. */
  readonly within?: (trx: Transaction<LabelTables>, output: ImportOutput) => Promise<void>;
}

/** Attaches many labels at once: all of them or none, and none twice. */
export type BulkLabels = (endpoint: string, work: ImportWork, options: BulkOptions) => Promise<ImportOutput>;

export function createBulkLabels({ lake, sql, clock }: { lake: PredictionLake; sql: Sql; clock: Clock }): BulkLabels {
  const { tx } = sql.as<LabelTables>();
  return async (endpoint, work, { signal, onProgress, within }) => {
    onProgress("bringing the predictions on record into the lake");
    await lake.flush();
    signal.throwIfAborted();
    return lake.exclusive(async (writer) => {
      const path = writer.tempPath();
      const paths = toPaths(lake.folder, await writer.listFiles({ endpoint }));
      const receivedAt = clock.now();
      const about = { receivedAt, idPrefix: createIdPrefix(receivedAt), path };
      const task = toTask({ kind: "import", paths, ...work, ...about });
      const report = (progress: unknown) => onProgress(String(progress));
      const output = await writer.run<ImportOutput>(task, { signal, onProgress: report }).catch(explain);
      signal.throwIfAborted();
      const { file } = output;
      if (file !== null)
        await writer.replaceFiles({
          add: [toLabelFile(endpoint, { tempPath: path, written: file })],
          ...(within && { within: (trx) => within(trx as unknown as Transaction<LabelTables>, output) }),
        });
      else if (within) await tx((trx) => within(trx, output));
      return output;
    });
  };
}

function explain(error: unknown): never {
  if (error instanceof LakeError && error.reason === "memory")
    throw new SlipwayError("too_large", `The labels do not fit: ${error.message} Give them in smaller parts.`);
  throw error;
}

export function toImportResult(endpoint: string, output: ImportOutput): LabelImportResult {
  const { rows, stored, duplicates, skipped, matched, unknown, ambiguous, problems } = output;
  const counts = { rows, stored, duplicates, skipped, matched, unknown, ambiguous };
  return { endpoint, ...counts, problems: problems.map((problem) => ({ ...problem })) };
}

export interface LabelImportDeps {
  readonly bulk: BulkLabels;
  readonly blobs: BlobStore;
  readonly operations: Operations;
}

/** Starts the operation that attaches the labels of an uploaded file. `source`: of rows that name none. @throws SlipwayError `blob_not_found` */
export type ImportLabels = (endpoint: string, request: LabelImportRequest, source: string) => Promise<Operation>;

export function createImportLabels({ bulk, blobs, operations }: LabelImportDeps): ImportLabels {
  return async (endpoint, request, user) => {
    const { sha256, format, columns = {}, source = user, ambiguous = "none", skip_bad: skipBad = false } = request;
    if ((await blobs.renew(sha256)) === null) throw notUploaded(sha256);
    return operations.start("labels.import", labelSubject(endpoint), async ({ signal, progress }) => {
      const origin = { kind: "file", path: blobs.path(sha256), format } as const;
      const work = { origin, columns, source, ambiguous, skipBad };
      const hold = await blobs.hold([sha256]);
      try {
        if (hold.missing.length > 0) throw notUploaded(sha256);
        await blobs.verify(sha256);
        const output = await bulk(endpoint, work, { signal, onProgress: (message) => progress("import", message) });
        return toImportResult(endpoint, output);
      } finally {
        // Nothing needs the file any more: gc may take it.
        hold.release({ used: true });
      }
    });
  };
}

function notUploaded(sha256: string): SlipwayError {
  return new SlipwayError("blob_not_found", "The file of labels has not been uploaded yet.", { sha256 });
}

/** Imports of one endpoint go one after the other, and stand in no deployment's way. */
export function labelSubject(endpoint: string): string {
  return `labels of ${endpoint}`;
}
