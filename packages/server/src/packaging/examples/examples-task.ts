import { encodeExamples, type Examples, type Signature, type Tolerance } from "@slipway/runtime";
import { writeFile } from "node:fs/promises";
import type { LakeContext } from "../../platform/lake/index.ts";
import { quoteText } from "../../platform/lake/quote.ts";
import { readExamples, type ExamplesSource, type ReadRows } from "./read-examples.ts";
import { mostExamples, toExamples } from "./to-examples.ts";

/** What the child that reads the examples is told. JSON-safe. */
export interface ExamplesRequest {
  readonly source: ExamplesSource;
  readonly signature: Signature;
  readonly tolerance: Tolerance;
  /** Absolute; where the examples go as `encodeExamples` writes them. */
  readonly target: string;
}

export interface PreparedExamples {
  readonly rows: number;
  readonly outputs: readonly string[];
}

/**
 * Reads what somebody recorded, off the event loop: in a child process of its own, or, for tables, in the lake's.
 * @throws SlipwayError `invalid_file`
 */
export async function run(request: ExamplesRequest, context: unknown): Promise<PreparedExamples> {
  const { source, signature, tolerance, target } = request;
  const records = await readExamples(source, signature, hasDb(context) ? createReader(context.db) : null);
  const examples: Examples = toExamples(signature, records, { file: source.file, tolerance });
  await writeFile(target, encodeExamples(examples), { flag: "wx" });
  return { rows: examples.rows, outputs: [...new Set(examples.expected.map(({ output }) => output))] };
}

/** A child of its own passes a function for its progress instead. */
export function hasDb(context: unknown): context is LakeContext {
  return typeof context === "object" && context !== null && "db" in context;
}

export function createReader(db: LakeContext["db"]): ReadRows {
  return async (path, format) => {
    const read =
      format === "csv"
        ? `read_csv(${quoteText(path)}, all_varchar = true, header = true)`
        : `read_parquet(${quoteText(path)})`;
    await db.lock([path]);
    return db.rows(`SELECT * FROM ${read} LIMIT ${mostExamples + 1}`);
  };
}
