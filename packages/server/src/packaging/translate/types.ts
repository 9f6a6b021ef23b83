import type {
  OnnxAdapter,
  PythonProgram,
  ProbeReport,
  Replica,
  Signature,
  Tolerance,
  Translation,
} from "@slipway/runtime";
import type { Overlay, Watch } from "../../environments/index.ts";
import type { Lake } from "../../platform/lake/index.ts";
import type { ChildLimits, ChildRunner } from "../../platform/process/index.ts";

export interface TranslateDeps {
  readonly children: ChildRunner;
  /** Reads the training sample; null: none can be read, so nothing is translated. */
  readonly lake: Lake | null;
  /** A throw-away environment: that of the model with further packages. Null: there is no way to make one. */
  readonly overlay: MakeOverlay | null;
  /** The folder of Slipway's own Python files. */
  readonly pythonFolder: string;
  /** Of the process that looks at the translated file. */
  readonly probeLimits: ChildLimits;
}

export type MakeOverlay = (request: Watch & { readonly requirements: readonly string[] }) => Promise<Overlay>;

export interface TranslateRequest {
  /** Holds the files as they were packaged; the translated file is put into it, as `translatedFile`. */
  readonly folder: string;
  readonly program: PythonProgram;
  /** Text of the lock of its environment. */
  readonly lock: string;
  /** What callers see: that of the original. */
  readonly signature: Signature;
  /** Rows of the training sample, below the folder; null where there are none. */
  readonly sample: string | null;
  /** Left out: `translationTolerance`. */
  readonly tolerance?: Tolerance;
  /** A copy of the original where it serves: its own process. Closed here. */
  readonly openOriginal: () => Promise<Replica>;
  readonly signal?: AbortSignal;
  /** Told what happens now, as a sentence. */
  readonly onProgress?: (message: string) => void;
}

export type TranslateOutcome =
  | {
      readonly kind: "proven";
      /** Below the folder. */
      readonly file: typeof translatedFile;
      readonly adapter: OnnxAdapter;
      /** Of the translated file. */
      readonly report: ProbeReport;
      /** `outcome` is proven. */
      readonly translation: Translation;
    }
  | {
      readonly kind: "refused";
      /** A sentence, as `translation.reason`. */
      readonly reason: string;
      readonly translation: Translation;
    };

export const translatedFile = ".slipway-translated.onnx";

/** What a translation is held to unless the examples say otherwise: a recomputation in another order, and no more. */
export const translationTolerance: Tolerance = { absolute: 1e-6, relative: 1e-5 };

/** Fewer rows prove too little. */
export const fewestSampleRows = 1000;
export const mostSampleRows = 10_000;

/** Which flavors have a translator. */
export const translatedFlavors: ReadonlySet<string> = new Set(["sklearn", "xgboost", "lightgbm", "mlflow"]);
