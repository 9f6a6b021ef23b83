import {
  addSortedToQuantiles,
  addToQuantiles,
  copyQuantileSketch,
  createQuantileSketch,
  sortBatch,
} from "@slipway/statistics/sketches";
import { type CategoriesAccumulator, createCategoriesAccumulator } from "./categories-accumulator.ts";
import { type ColumnBatch, missingCode } from "./column-batch.ts";
import type { ColumnPlan, ProfilePlan } from "./column-plan.ts";
import { createNumbersAccumulator, type NumbersAccumulator } from "./numbers-accumulator.ts";
import type { Profile } from "./profile.ts";

/** Null and undefined are missing. */
export type ColumnValues = Float64Array | readonly (string | number | bigint | boolean | null | undefined)[];

export interface AnsweredRequests {
  readonly requests: number;
  /** Of them: those that a fallback answered. */
  readonly fallbacks: number;
  /** Milliseconds, of those where it is known; they are sorted in place. */
  readonly latencies: Float64Array;
}

export interface ProfileBuilder {
  /** Rows as arrays by the names of their columns, as those of a reference are: one `rows` long each. */
  addColumns(columns: ReadonlyMap<string, ColumnValues>, rows: number): void;
  /** `places`: of the rows in the batch; null: the first `count`. */
  addBatch(batch: ColumnBatch, places: Int32Array | null, count: number): void;
  /** Before the codes of a batch come to mean other texts. */
  settle(texts: ColumnBatch["texts"]): void;
  addAnswered(requests: AnsweredRequests): void;
  /** `latencyMs`: NaN where it is not known. */
  addFailed(code: string, latencyMs: number): void;
  /** Of everything so far; codes that are not settled are not in it. */
  profile(): Profile;
}

/** `from`: what there is already, of the same plan. */
export function createProfileBuilder(plan: ProfilePlan, from: Profile | null = null): ProfileBuilder {
  const columns = plan.columns.map((column, i) => createColumn(column, from?.columns[i] ?? null));
  const latency = copyQuantileSketch(from?.latency ?? createQuantileSketch(latencyK));
  const errorCodes = new Map(from?.errorCodes);
  let { rows, requests, errors, fallbacks } = from ?? { rows: 0, requests: 0, errors: 0, fallbacks: 0 };

  return {
    addColumns(values, count) {
      rows += count;
      for (const [i, column] of columns.entries()) {
        const given = values.get((plan.columns[i] as ColumnPlan).name);
        if (given === undefined) continue;
        if ("numbers" in column) addNumbers(column.numbers, given, count);
        else addTexts(column.categories, given, count);
      }
    },
    addBatch(batch, places, count) {
      rows += count;
      for (let i = 0; i < columns.length; i++) {
        const column = columns[i] as Column;
        if ("numbers" in column) {
          const values = batch.numbers[i];
          if (values) column.numbers.add(values, places, count);
        } else {
          const codes = batch.codes[i];
          if (codes) column.categories.add(codes, places, count);
        }
      }
    },
    settle(texts) {
      for (const [i, column] of columns.entries()) if ("categories" in column) column.categories.settle(texts[i] ?? []);
    },
    addAnswered({ requests: answered, fallbacks: fell, latencies }) {
      requests += answered;
      fallbacks += fell;
      sortBatch(latencies);
      addSortedToQuantiles(latency, latencies);
    },
    addFailed(code, latencyMs) {
      requests++;
      errors++;
      errorCodes.set(code, (errorCodes.get(code) ?? 0) + 1);
      if (!Number.isNaN(latencyMs)) addToQuantiles(latency, latencyMs);
    },
    profile: () => ({
      planId: plan.id,
      rows,
      requests,
      errors,
      fallbacks,
      errorCodes: new Map(errorCodes),
      latency: copyQuantileSketch(latency),
      columns: columns.map((column) => ("numbers" in column ? column.numbers : column.categories).profile()),
    }),
  };
}

/** Half as exact as columns are: percentiles of latency are read as "about". */
export const latencyK = 128;

type Column = { readonly numbers: NumbersAccumulator } | { readonly categories: CategoriesAccumulator };

function createColumn(plan: ColumnPlan, from: Profile["columns"][number] | null): Column {
  return plan.kind === "number"
    ? { numbers: createNumbersAccumulator(plan, from) }
    : { categories: createCategoriesAccumulator(plan, from) };
}

function addNumbers(into: NumbersAccumulator, values: ColumnValues, rows: number): void {
  if (values instanceof Float64Array) return into.add(values, null, rows);
  const numbers = new Float64Array(rows);
  let size = 0;
  let invalid = 0;
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    const number = value === null || value === undefined ? Number.NaN : toNumber(value);
    if (number === null) invalid++;
    else numbers[size++] = number;
  }
  into.add(numbers, null, size);
  into.addInvalid(invalid);
}

/** Null: it is no number. */
function toNumber(value: string | number | bigint | boolean): number | null {
  if (typeof value === "string" && value.trim() === "") return null;
  const number = Number(value);
  return Number.isNaN(number) && !(typeof value === "number") ? null : number;
}

function addTexts(into: CategoriesAccumulator, values: ColumnValues, rows: number): void {
  const known = new Map<string, number>();
  const codes = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    const value = values[i];
    if (value === null || value === undefined || value !== value) {
      codes[i] = missingCode;
      continue;
    }
    const text = String(value);
    const code = known.get(text) ?? known.size;
    if (code === known.size) known.set(text, code);
    codes[i] = code;
  }
  into.add(codes, null, rows);
  into.settle([...known.keys()]);
}
