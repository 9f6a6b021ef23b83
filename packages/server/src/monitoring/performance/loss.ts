import {
  encodeCategories,
  fitBoosting,
  predictBoosting,
  type BoostingModel,
  type FeatureColumn,
} from "@slipway/statistics";
import type { LabelledRows } from "./labelled-rows.ts";
import type { Column, ScoredRows } from "./scored-rows.ts";

export interface LossFeature {
  readonly name: string;
  readonly kind: "number" | "text";
  /** Of a text: the known values, by their codes. */
  readonly known: readonly string[] | null;
}

/** Learned errors of a row: from its inputs and the prediction, which is the last feature. JSON. */
export interface LossModel {
  readonly features: readonly LossFeature[];
  readonly absolute: BoostingModel;
  readonly squared: BoostingModel;
}

/** So many rows teach enough; of more every so many-th is taken. */
const mostRows = 50_000;
const mostFeatures = 200;
const mostTexts = 255;

/**
 * Direct loss estimation (NannyML's DLE): what the absolute and the squared error of a row are, learned from rows whose truth
 * is known.
 * @returns null where nothing can be learned
 */
export function fitLoss({ inputs, columns }: LabelledRows, rows: ScoredRows): LossModel | null {
  const known: number[] = [];
  for (let i = 0; i < rows.n; i++)
    if (!Number.isNaN(rows.truth[i]!) && !Number.isNaN(rows.prediction[i]!)) known.push(i);
  const step = Math.max(1, known.length / mostRows);
  const chosen = Array.from({ length: Math.floor(known.length / step) }, (_, i) => known[Math.floor(i * step)]!);
  if (chosen.length === 0) return null;
  const features: LossFeature[] = [];
  for (const name of inputs) {
    const column = columns.get(name);
    if (column === undefined || features.length === mostFeatures) continue;
    if (column instanceof Float64Array) features.push({ name, kind: "number", known: null });
    else {
      const { known: texts } = encodeCategories(chosen.map((i) => column[i] ?? null));
      if (texts.length <= mostTexts) features.push({ name, kind: "text", known: texts });
    }
  }
  const table = toTable(features, { columns, prediction: rows.prediction, chosen });
  const errors = Float64Array.from(chosen, (i) => rows.prediction[i]! - rows.truth[i]!);
  const fit = (target: Float64Array) => fitBoosting(table, target, { loss: "squared", minRows: 50 });
  return { features, absolute: fit(errors.map(Math.abs)), squared: fit(errors.map((error) => error ** 2)) };
}

/** The expected errors of rows. @returns n numbers each, not below 0 */
export function predictLoss(
  { features, absolute, squared }: LossModel,
  rows: { readonly columns: ReadonlyMap<string, Column>; readonly prediction: Float64Array },
): { readonly absolute: Float64Array; readonly squared: Float64Array } {
  const chosen = Array.from(rows.prediction.keys());
  const table = toTable(features, { ...rows, chosen });
  const predict = (model: BoostingModel) => predictBoosting(model, table).map((value) => Math.max(0, value));
  return { absolute: predict(absolute), squared: predict(squared) };
}

interface Table {
  readonly columns: ReadonlyMap<string, Column>;
  readonly prediction: Float64Array;
  readonly chosen: readonly number[];
}

function toTable(features: readonly LossFeature[], { columns, prediction, chosen }: Table): FeatureColumn[] {
  const table = features.map(({ name, kind, known }): FeatureColumn => {
    const column = columns.get(name) ?? [];
    if (kind === "number") {
      const values = Float64Array.from(chosen, (i) => Number(column[i] ?? Number.NaN));
      return { kind: "number", values };
    }
    const texts = chosen.map((i) => (column[i] === undefined || column[i] === null ? null : String(column[i])));
    return { kind: "category", codes: encodeCategories(texts, known).codes };
  });
  return [...table, { kind: "number", values: Float64Array.from(chosen, (i) => prediction[i]!) }];
}
