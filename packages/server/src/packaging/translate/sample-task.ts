import { encodeExamples, packColumns, type Signature } from "@slipway/runtime";
import { writeFile } from "node:fs/promises";
import type { LakeContext } from "../../platform/lake/index.ts";
import type { ExamplesSource } from "../examples/read-examples.ts";
import { addEdges, type EdgeRow } from "./edge-rows.ts";
import type { ModelHints } from "./edge-values.ts";
import { readSample, type Sample } from "./read-sample.ts";
import { fewestSampleRows, translationTolerance } from "./types.ts";

/** What the child that reads the sample is told. JSON-safe. */
export interface SampleRequest {
  readonly source: ExamplesSource;
  readonly signature: Signature;
  readonly hints: ModelHints;
  /** Absolute; where the rows go, as `encodeExamples` writes them, without answers. */
  readonly target: string;
}

export interface PreparedSample extends Omit<Sample, "columns"> {
  /** Empty where there are too few rows. */
  readonly edges: readonly EdgeRow[];
}

/** Reads the training sample and makes up rows at its edges, off the event loop. @throws SlipwayError `invalid_file` */
export async function run(request: SampleRequest, { db }: LakeContext): Promise<PreparedSample> {
  const { source, signature, hints, target } = request;
  const { columns, ...sample } = await readSample(source, signature, db);
  if (sample.rows < fewestSampleRows) return { ...sample, edges: [] };
  const all = addEdges(signature, columns, hints);
  const rows = all.columns[0]!.data.length;
  const requests = [packColumns(signature, all.columns)];
  await writeFile(target, encodeExamples({ rows, tolerance: translationTolerance, requests, expected: [] }));
  return { ...sample, edges: all.edges };
}
