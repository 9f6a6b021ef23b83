// What profiles need and nothing else: `@slipway/statistics/sketches`, for threads that start quickly.
export { sortBatch } from "./sort-batch.ts";
export { addToMoments, createMoments, mergeMoments, varianceOf, type Moments } from "./moments.ts";
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
} from "./quantile-sketch.ts";
export {
  addNumberToDistinct,
  addTextToDistinct,
  copyDistinctSketch,
  createDistinctSketch,
  distinctOf,
  mergeDistinctSketches,
  type DistinctSketch,
} from "./distinct-sketch.ts";
export {
  addToFrequent,
  copyFrequentItems,
  createFrequentItems,
  listFrequent,
  mergeFrequentItems,
  trimFrequent,
  type FrequentItem,
  type FrequentItems,
} from "./frequent-items.ts";
