export { translate } from "./translate.ts";
export {
  fewestSampleRows,
  mostSampleRows,
  translatedFile,
  translatedFlavors,
  translationTolerance,
  type MakeOverlay,
  type TranslateDeps,
  type TranslateOutcome,
  type TranslateRequest,
} from "./types.ts";
