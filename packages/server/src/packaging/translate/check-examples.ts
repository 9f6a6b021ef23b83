import { decodeExamples, examplesFile, runExamples, type Replica } from "@slipway/runtime";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TranslateRequest } from "./types.ts";

/** Whether a translation answers what was recorded at training, where something was; a sentence where it does not. */
export async function checkExamples(
  translated: Replica,
  { folder, signature, signal }: TranslateRequest,
): Promise<string | null> {
  const bytes = await readFile(join(folder, examplesFile)).catch(() => null);
  if (bytes === null) return null;
  const report = await runExamples(translated, signature, decodeExamples(bytes), { ...(signal && { signal }) });
  if (report.within) return null;
  return `It does not answer the examples as they were recorded: ${report.mismatchCount} of their answers differ.`;
}
