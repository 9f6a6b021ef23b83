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

export * from "./sketches/index.ts";
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
export { classifyDomain, pickRows, type DomainOptions, type DomainResult } from "./multivariate/domain-classifier.ts";
export { fitReconstruction, reconstructionErrors, type ReconstructionModel } from "./multivariate/reconstruction.ts";

export { chiSquareTail, incompleteGamma, logGamma } from "./distributions/gamma.ts";
export { normalCdf, normalQuantile, normalTail } from "./distributions/normal.ts";
export { incompleteBeta, logBeta, studentTwoSided } from "./distributions/student.ts";
export { kolmogorovTail, smirnovTail } from "./distributions/kolmogorov.ts";
export { cramerVonMisesTail } from "./distributions/cramer-von-mises.ts";
export { finiteNumbers, sortNumbers as toSortedNumbers } from "./sort.ts";
export { quantileOfSorted } from "./quantile.ts";
export { compareSorted, type SortedComparison } from "./compare-sorted.ts";
export {
  kolmogorovSmirnov,
  kolmogorovSmirnovP,
  type KolmogorovSmirnov,
  type KolmogorovSmirnovMethod,
  type KolmogorovSmirnovSizes,
} from "./tests/kolmogorov-smirnov.ts";
export {
  chiSquareFit,
  chiSquareHomogeneity,
  gFit,
  gHomogeneity,
  poolRareLevels,
  type ChiSquareResult,
} from "./tests/contingency.ts";
export { proportionsTest, type ZResult } from "./tests/proportions.ts";
export { andersonDarling, type AndersonDarling } from "./tests/anderson-darling.ts";
export { cramerVonMises, type CramerVonMises, type CramerVonMisesOptions } from "./tests/cramer-von-mises.ts";
export { mannWhitney, type Alternative, type MannWhitney } from "./tests/mann-whitney.ts";
export { fisherExact, type Table2x2 } from "./tests/fisher.ts";
export { tTest, type TResult } from "./tests/student.ts";
export { eppsSingleton } from "./tests/epps-singleton.ts";
export { createPermute, permutationOfCounts, type PermutationOptions, type Permute } from "./tests/permutation.ts";
export { maximumMeanDiscrepancy } from "./tests/mmd.ts";
export {
  energyDistance,
  normedWasserstein,
  standardDeviation,
  wasserstein,
  wassersteinOfBins,
} from "./distances/wasserstein.ts";
export {
  hellinger,
  jensenShannon,
  kullbackLeibler,
  maximumDifference,
  populationStability,
  totalVariation,
} from "./distances/divergences.ts";
export { countInBins, evenEdges, sturgesEdges } from "./distances/histogram.ts";
export {
  toCategoryColumn,
  toNumberColumn,
  type CategoryColumn,
  type EvidentlyCategory,
  type EvidentlyColumn,
  type NumberColumn,
} from "./evidently/column.ts";
export {
  chooseEvidentlyTest,
  evidentlyDataset,
  evidentlyDrift,
  type EvidentlyChoice,
  type EvidentlyDataset,
  type EvidentlyDrift,
  type EvidentlyTest,
} from "./evidently/drift.ts";
export type { Change, ChangeDetector } from "./streams/change.ts";
export { createAdwin, type Adwin, type AdwinOptions } from "./streams/adwin.ts";
export { createDdm, type DdmOptions } from "./streams/ddm.ts";
export { createEddm, type EddmOptions } from "./streams/eddm.ts";
export { createPageHinkley, type PageHinkleyOptions } from "./streams/page-hinkley.ts";
export { benjaminiHochberg } from "./multiple/benjamini-hochberg.ts";
export { kOfMStart, stepKOfM, type KOfM, type KOfMSettings } from "./multiple/k-of-m.ts";
export { judgeNext, type SeriesOptions, type SeriesVerdict } from "./series/anomaly.ts";
export {
  calibrateClasses,
  estimateMulticlassCbpe,
  expectedTable,
  fitMulticlassCbpe,
  type MulticlassCbpeModel,
  type MulticlassEstimate,
  type MulticlassReference,
} from "./estimation/cbpe-multiclass.ts";
export {
  categoricalDrift,
  continuousDrift,
  type CategoricalMethod,
  type ContinuousMethod,
  type UnivariateDrift,
} from "./nannyml/univariate.ts";
export {
  DIRECT_LOSS_METRICS,
  estimateDirectLoss,
  fitDirectLoss,
  type DirectLossMetric,
  type DirectLossModel,
  type DirectLossReference,
} from "./estimation/direct-loss.ts";
export { estimatePape, type PapeEstimate, type PapeReference, type PapeWindow } from "./estimation/pape.ts";

export { BUCKETS, createHashUnit, fnv1a, hashUnit, hashUnitV1 } from "./assignment/hash-unit.ts";
export { bucketRanges, findArm, type BucketRange } from "./assignment/bucket-ranges.ts";
export {
  addEvent,
  addEvents,
  createEventTest,
  EVENT_RATIOS,
  EVENT_WEIGHTS,
  eventEvidence,
  mergeEventTests,
  type EventEvidence,
  type Events,
  type EventTest,
} from "./sequential/event-test.ts";
export {
  asymptoticEvidence,
  asymptoticHalfWidth,
  asymptoticInterval,
  asymptoticRho,
  type AsymptoticOptions,
  type Estimate,
  type SequentialEvidence,
  type SequentialInterval,
} from "./sequential/asymptotic.ts";
export {
  absoluteEffect,
  momentsOfShare,
  momentsOfSums,
  relativeEffect,
  stratifiedEffect,
  type ArmMoments,
} from "./sequential/effect.ts";
export { requestsToAlarm, unitsToSee, type EventPlan } from "./sequential/planning.ts";
export { mixtureSprt, type MixtureSprtOptions } from "./sequential/mixture-sprt.ts";
export type { Mixture, MixtureOptions, SidedOptions } from "./sequential/mixture.ts";
export { normalMixture } from "./sequential/normal-mixture.ts";
export { gammaExponentialMixture, gammaPoissonMixture, type ScaledOptions } from "./sequential/gamma-mixtures.ts";
export {
  bernoulliInterval,
  betaBinomialMixture,
  type BetaBinomialOptions,
  type ShareOptions,
} from "./sequential/beta-binomial.ts";
export {
  doubleStitching,
  empiricalProcessBound,
  polynomialStitching,
  type DoubleStitchingOptions,
  type StitchingOptions,
} from "./sequential/stitching.ts";
export { quantileInterval, quantileTest, type QuantileOptions } from "./sequential/quantiles.ts";
export {
  addBounded,
  boundedInterval,
  createBoundedMean,
  empiricalBernsteinRadius,
  hoeffdingRadius,
  type BoundedMean,
  type BoundedOptions,
} from "./sequential/bounded-mean.ts";
export {
  addTreatment,
  noTreatments,
  treatmentEffect,
  type TreatedUnit,
  type TreatmentEffect,
  type TreatmentOptions,
  type TreatmentSums,
} from "./sequential/treatment-effect.ts";
export { mcnemarEvidence, pairedEffect, pairedHarm, type Discordant } from "./sequential/paired.ts";
export { sampleRatioEvidence } from "./sequential/sample-ratio.ts";
