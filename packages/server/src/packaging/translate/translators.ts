/**
 * What translates, in versions that were tried with scikit-learn 1.3 to 1.9: skl2onnx reads pipelines, onnx writes the file; trees are
 * read and written by `python/slipway/translate` itself.
 */
export function listTranslators(lock: string): readonly string[] {
  const minor = Number(/^# python 3\.(\d+)/m.exec(lock)?.[1] ?? 11);
  if (minor < 9) return ["skl2onnx==1.17.0", "onnx==1.17.0"];
  return ["skl2onnx==1.20.0", minor < 13 ? "onnx==1.19.1" : "onnx==1.23.2"];
}
