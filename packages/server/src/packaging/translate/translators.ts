/**
 * What translates, in versions that were tried with scikit-learn 1.3 to 1.9. skl2onnx reads the models, onnx writes the file; trees are
 * written by `python/slipway/translate` itself.
 */
export const translators: readonly string[] = [
  "skl2onnx==1.20.0; python_version >= '3.9'",
  "skl2onnx==1.17.0; python_version < '3.9'",
  "onnx==1.23.2; python_version >= '3.13'",
  "onnx==1.19.1; python_version >= '3.9' and python_version < '3.13'",
  "onnx==1.17.0; python_version < '3.9'",
];
