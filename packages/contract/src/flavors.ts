/** How models are named that no file ending tells; beside them `--flavor` of the command line. */
export const flavors = [
  "onnx",
  "mlflow",
  "sklearn",
  "xgboost",
  "lightgbm",
  "python",
  "torch",
  "keras",
  "catboost",
  "tensorflow",
  "transformers",
  "command",
  "remote",
] as const;
export type ManifestFlavor = (typeof flavors)[number];
