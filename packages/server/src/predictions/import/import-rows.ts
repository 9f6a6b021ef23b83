import type { PredictionImportColumns } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import { LakeError } from "../../platform/lake/index.ts";
import type { Labels } from "../labels/index.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import type { PredictionLog } from "../prediction-log.ts";
import type { ImportAnswer, ImportTask } from "./import-job.ts";
import type { ImportOutput, ImportQuestion } from "./import-task.ts";
import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { ShownModel } from "./signature.ts";

interface RowImport {
  readonly endpoint: string;
  readonly file: TableFile;
  readonly columns: PredictionImportColumns;
  readonly positive: string | undefined;
  /** Milliseconds; null: rows have times of their own. */
  readonly spread: { readonly from: number; readonly to: number } | null;
  readonly skipBad: boolean;
  /** Who says what came true. */
  readonly source: string;
  /** The signature of a version that these rows are of; null where there is none. Nothing was written yet. */
  readonly findSignature: (model: ShownModel) => Promise<Signature | null>;
  /** That version, made where there was none: all rows are good, and will be written. */
  readonly makeVersion: (signature: Signature) => Promise<ImportAnswer>;
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
}

interface ImportedRows extends ImportOutput {
  /** Labels that said something new. */
  readonly labels: number;
}

/**
 * Puts predictions that somebody else answered on record, with their own times: all new rows of a file or none. Rows that are on
 * record are known again, so a file may be given twice, also after a crash. One import of an endpoint at a time.
 */
export type ImportRows = (job: RowImport) => Promise<ImportedRows>;

export interface ImportRowsDeps {
  readonly log: Pick<PredictionLog, "adopt">;
  readonly lake: PredictionLake;
  readonly labels: Labels;
  /** On the volume of the log. */
  readonly tempFolder: string;
  readonly clock: Clock;
}

const script = new URL(`./import-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

export function createImportRows({ log, lake, labels, tempFolder, clock }: ImportRowsDeps): ImportRows {
  async function write(job: RowImport, folder: string): Promise<ImportOutput> {
    const { endpoint, file, columns, positive, spread, skipBad, signal, onProgress } = job;
    const about = { folder, tail: createId().slice(13), labels: labelsOf(folder), now: clock.now() };
    const options = {
      signal,
      onProgress: (progress: unknown) => onProgress(String(progress)),
      onAsk: (question: unknown) => {
        const asked = question as ImportQuestion;
        return "find" in asked ? job.findSignature(asked.find) : job.makeVersion(asked.make);
      },
    };
    return lake.withFiles({ endpoint, kind: "predictions" }, (files) => {
      const known = files.map(({ path }) => join(lake.folder, path));
      const input: ImportTask = { endpoint, file, columns, positive, spread, skipBad, known, ...about };
      return lake.read<ImportOutput>({ module: script, input }, options).catch(explain);
    });
  }

  return async (job) => {
    const { endpoint, signal, onProgress, source } = job;
    onProgress("bringing the predictions on record into the lake");
    await lake.flush();
    const folder = await mkdtemp(join(tempFolder, "import-"));
    try {
      const written = await write(job, folder);
      signal.throwIfAborted();
      if (written.instance !== null) await log.adopt(folder, written.instance);
      if (written.labelled === 0) return { ...written, labels: 0 };
      const origin = { kind: "file", path: labelsOf(folder), format: "parquet" } as const;
      const work = { origin, columns: {}, source, ambiguous: "none", skipBad: true } as const;
      const { stored } = await labels.bulk(endpoint, work, { signal, onProgress });
      return { ...written, labels: stored };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  };
}

function labelsOf(folder: string): string {
  return join(folder, "labels.parquet");
}

function explain(error: unknown): never {
  if (error instanceof LakeError && error.reason === "memory")
    throw new SlipwayError("too_large", `The predictions do not fit: ${error.message} Give them in smaller parts.`);
  throw error;
}
