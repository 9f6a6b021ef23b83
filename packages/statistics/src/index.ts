// Pure mathematics: no imports but this package's own files. Each function states its source; the tests hold it against
// tables of SciPy, scikit-learn, Evidently, NannyML and river.
export { createNormal, createRandom } from "./random.ts";

export { averagePrecision, rocAuc } from "./metrics/ranking.ts";
export { brierScore, logLoss } from "./metrics/probability.ts";
export { businessValue, type BusinessValue } from "./metrics/value.ts";
export { confusionMeasures, countBinary, type BinaryConfusion, type ConfusionMeasures } from "./metrics/confusion.ts";
export { meanMeasure, type Measure } from "./metrics/measure.ts";
export {
  countClasses,
  multiclassBrier,
  multiclassLogLoss,
  multiclassMeasures,
  oneVersusRest,
  type AveragedMeasures,
  type ClassMeasures,
  type ConfusionMatrix,
  type MulticlassMeasures,
  type OneVersusRest,
} from "./metrics/multiclass.ts";
export { orderOf } from "./metrics/order.ts";
export { regressionMeasures, type RegressionMeasures } from "./metrics/regression.ts";
export { applyIsotonic, fitIsotonic, type Isotonic } from "./calibration/isotonic.ts";
export {
  calibrationError,
  reliability,
  type BinningOptions,
  type ReliabilityBin,
} from "./calibration/calibration-error.ts";

export { addToMoments, createMoments, mergeMoments, varianceOf, type Moments } from "./sketches/moments.ts";
export {
  addSortedToQuantiles,
  addToQuantiles,
  copyQuantileSketch,
  createQuantileSketch,
  mergeQuantileSketches,
  quantilesOf,
  rankOf,
  weightedValuesOf,
  type QuantileLevel,
  type QuantileSketch,
} from "./sketches/quantile-sketch.ts";
export {
  addNumberToDistinct,
  addTextToDistinct,
  copyDistinctSketch,
  createDistinctSketch,
  distinctOf,
  mergeDistinctSketches,
  type DistinctSketch,
} from "./sketches/distinct-sketch.ts";
export {
  addToFrequent,
  copyFrequentItems,
  createFrequentItems,
  listFrequent,
  mergeFrequentItems,
  trimFrequent,
  type FrequentItem,
  type FrequentItems,
} from "./sketches/frequent-items.ts";
export {
  CBPE_METRICS,
  estimateCbpe,
  fitCbpe,
  type CbpeEstimate,
  type CbpeMetric,
  type CbpeModel,
  type CbpeReference,
  type Worth,
} from "./estimation/cbpe.ts";
export {
  expectedAveragePrecision,
  expectedConfusion,
  expectedMeasures,
  expectedRocAuc,
  type ExpectedInput,
  type ExpectedMeasures,
} from "./estimation/expected.ts";
export { needsCalibration } from "./estimation/needs-calibration.ts";
export {
  chunksOfKeys,
  chunksOfSize,
  deviationThreshold,
  isOutside,
  type Chunk,
  type Threshold,
} from "./estimation/threshold.ts";
export {
  fitBoosting,
  gainShares,
  predictBoosting,
  type BoostingModel,
  type BoostingOptions,
} from "./boosting/boosting.ts";
export { encodeCategories, type FeatureColumn } from "./boosting/features.ts";
export { permutationImportance, type Importance, type PermutationInput } from "./boosting/permutation-importance.ts";
export { classifyDomain, type DomainOptions, type DomainResult } from "./multivariate/domain-classifier.ts";
export { fitReconstruction, reconstructionErrors, type ReconstructionModel } from "./multivariate/reconstruction.ts";
