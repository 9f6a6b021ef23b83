import { readColumns } from "../../../../test/lib/read-columns.ts";
import { testData } from "../../../../test/lib/test-data.ts";
import { encodeCategories, type FeatureColumn } from "../boosting/features.ts";

export const CALIFORNIA = [
  "MedInc",
  "HouseAge",
  "AveRooms",
  "AveBedrms",
  "Population",
  "AveOccup",
  "Latitude",
  "Longitude",
] as const;

export const CENSUS = [
  "SCHL",
  "MAR",
  "RELP",
  "DIS",
  "ESP",
  "CIT",
  "MIG",
  "MIL",
  "ANC",
  "NATIVITY",
  "DEAR",
  "DEYE",
  "DREM",
  "SEX",
  "RAC1P",
] as const;

const californiaFiles = ["reference", "analysis", "analysis_gt"].map((part) =>
  testData(`california-housing/california_housing_${part}.csv`),
);
const censusFiles = ["reference", "analysis", "target"].map((part) => testData(`census-ma/${part}.parquet`));

/** `npm run test:all`. */
export const isLongRun = process.env["MODE"] === "all";

export const isCaliforniaHere = californiaFiles.every((file) => file !== null);
export const isCensusHere = censusFiles.every((file) => file !== null);

/** One part of a data set: features by name, and what is known of the model's answers. */
export interface Released {
  readonly rows: number;
  readonly numbers: Readonly<Record<string, Float64Array>>;
  readonly texts: Readonly<Record<string, readonly (string | null)[]>>;
  readonly truth: Float64Array;
  readonly score: Float64Array;
  readonly predicted: Float64Array;
  /** Month (California) or year (census) of each row; rows are in the order of time. */
  readonly period: readonly string[];
}

/** Houses dearer than a limit, by month from October 2020 on. */
export async function readCalifornia(): Promise<{ reference: Released; analysis: Released }> {
  const [reference, analysis, truth] = californiaFiles as [string, string, string];
  const read = async (file: string, labels: string) => {
    const wanted = { numbers: [...CALIFORNIA, "y_pred_proba", "y_pred"], texts: ["timestamp"] } as const;
    const { rows, numbers, texts } = await readColumns(file, wanted);
    const known = await readColumns(labels, { numbers: ["clf_target"] });
    return {
      rows,
      numbers,
      texts: {},
      truth: known.numbers.clf_target,
      score: numbers.y_pred_proba,
      predicted: numbers.y_pred,
      period: texts.timestamp.map((at) => at!.slice(0, 7)),
    };
  };
  return { reference: await read(reference, reference), analysis: await read(analysis, truth) };
}

/** Employment in Massachusetts: 2015, and 2016 to 2018. @param names of the columns of texts that are wanted */
export async function readCensus(names: readonly string[]): Promise<{ reference: Released; analysis: Released }> {
  const [, analysis, truth] = censusFiles as [string, string, string];
  return { reference: await readCensusReference(names), analysis: await readCensusPart(names, analysis, truth) };
}

export async function readCensusReference(names: readonly string[]): Promise<Released> {
  const [reference] = censusFiles as [string];
  return readCensusPart(names, reference, reference);
}

async function readCensusPart(names: readonly string[], file: string, labels: string): Promise<Released> {
  const wanted = { numbers: ["AGEP", "prediction", "predicted_probability", "year"], texts: names } as const;
  const { rows, numbers, texts } = await readColumns(file, wanted);
  const known = await readColumns(labels, { numbers: ["employed"] });
  return {
    rows,
    numbers,
    texts,
    truth: known.numbers.employed,
    score: numbers.predicted_probability,
    predicted: numbers.prediction,
    period: Array.from(numbers.year, String),
  };
}

/** Columns for a learner, categories in the codes of `known`, the reference. */
export function featuresOf(data: Released, names: readonly string[], known: Released): FeatureColumn[] {
  return names.map((name): FeatureColumn => {
    const texts = data.texts[name];
    if (texts === undefined) return { kind: "number", values: data.numbers[name]! };
    const levels = [...new Set(known.texts[name]?.filter((value) => value !== null))].toSorted();
    return { kind: "category", codes: encodeCategories(texts, levels).codes };
  });
}

/** The rows from `start` to before `end`. */
export function sliceColumns(columns: readonly FeatureColumn[], start: number, end: number): FeatureColumn[] {
  return columns.map((column): FeatureColumn => {
    return column.kind === "number"
      ? { kind: "number", values: Array.prototype.slice.call(column.values, start, end) }
      : { kind: "category", codes: Array.prototype.slice.call(column.codes, start, end) };
  });
}
