import type { TranslateDeps, TranslateOutcome, TranslateRequest } from "./types.ts";

/**
 * Translates a Python model to ONNX and proves that the translation answers as the original does, before anything serves it.
 * What cannot be translated or proven is no error: the outcome says why.
 * @throws SlipwayError `cancelled`, and what `openOriginal` throws
 */
export async function translate(_deps: TranslateDeps, _request: TranslateRequest): Promise<TranslateOutcome> {
  const reason = "Translations are not built yet.";
  return { kind: "refused", reason, translation: { outcome: "refused", reason } };
}
