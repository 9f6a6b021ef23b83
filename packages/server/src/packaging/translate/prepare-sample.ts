import { SlipwayError } from "@slipway/contract";
import { decodeExamples, type Tensor } from "@slipway/runtime";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { LakeError } from "../../platform/lake/index.ts";
import type { ModelHints } from "./edge-values.ts";
import type { PreparedSample, SampleRequest } from "./sample-task.ts";
import { fewestSampleRows, type TranslateDeps, type TranslateRequest } from "./types.ts";

export interface ProofRows extends PreparedSample {
  /** All rows, as the model takes them: recorded ones first. */
  readonly inputs: readonly Tensor[];
}

const script = new URL(`./sample-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const timeoutMs = 120_000;

/** The rows of the proof; a sentence where there are too few. */
export async function prepareSample(
  { lake }: TranslateDeps,
  request: TranslateRequest,
  { hints, workFolder }: { readonly hints: ModelHints; readonly workFolder: string },
): Promise<ProofRows | string> {
  const { folder, sample, signature, signal } = request;
  if (sample === null || lake === null) return noSample;
  const target = join(workFolder, "rows.bin");
  const input: SampleRequest = { source: { path: join(folder, sample), file: sample }, signature, hints, target };
  try {
    const prepared = await lake.run<PreparedSample>(
      { module: script, input },
      { timeoutMs, ...(signal && { signal }) },
    );
    if (prepared.rows < fewestSampleRows) return tooFew(sample, prepared);
    const { requests } = decodeExamples(await readFile(target));
    return { ...prepared, inputs: requests[0]! };
  } catch (error) {
    if (signal?.aborted) throw error;
    if (error instanceof LakeError || (SlipwayError.is(error) && error.code === "invalid_file"))
      return `The training sample ${sample} cannot be read: ${error.message}`;
    throw error;
  } finally {
    await rm(target, { force: true });
  }
}

export const noSample = `There is no training sample to prove a translation with: add training/sample.parquet beside the model, or name one under model.training.reference in slipway.yaml, of at least ${fewestSampleRows} rows.`;

function tooFew(sample: string, { rows, left, why }: PreparedSample): string {
  const more = left > 0 ? ` ${left} more could not be sent to the model (${(why ?? "").replace(/\.$/, "")}).` : "";
  return `The training sample ${sample} has ${rows} rows that can be sent, and a proof takes ${fewestSampleRows}.${more}`;
}
