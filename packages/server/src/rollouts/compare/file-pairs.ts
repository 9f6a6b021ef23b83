import { SlipwayError } from "@slipway/contract";
import { packColumns, recordsToTensors, type Signature } from "@slipway/runtime";
import { LakeError } from "../../platform/lake/index.ts";
import type { TableFile } from "../../platform/lake/raw-table.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { CollectContext, Collected } from "./logged-pairs.ts";
import type { PairFile } from "./pair-file.ts";
import type { PairedVersions, SideInputs } from "./paired-versions.ts";
import type { Columns } from "./pairs.ts";
import type { RowsAnswer, RowsJob, RowsQuestion } from "./file-rows-task.ts";

export interface FileRows {
  /** As the caller named it; its end says the format. */
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  /** What came true; null: the file does not say. */
  readonly label: string | null;
  readonly limit: number;
}

const script = new URL(`./file-rows-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
const formats: Readonly<Record<string, TableFile["format"]>> = {
  csv: "csv",
  tsv: "csv",
  parquet: "parquet",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

/** Has both versions answer the rows of a file. @throws SlipwayError `invalid_file` */
export async function collectFile(
  lake: Pick<PredictionLake, "read">,
  { source, pair, into }: { readonly source: FileRows; readonly pair: PairedVersions; readonly into: PairFile },
  { signal, onProgress }: CollectContext,
): Promise<Collected> {
  const job = toJob(source, pair);
  let requests = 0;

  async function answer({ names, inputs, truth, share }: RowsQuestion): Promise<RowsAnswer> {
    const both = {
      a: toInputs(pair.a.signature, inputs, names.length),
      b: toInputs(pair.b.signature, inputs, names.length),
    };
    const answers = await pair.run(both, signal);
    await into.write({ names, inputs, ...(truth && { truth }), ...answers });
    requests++;
    onProgress("asking both versions", share);
    return null;
  }

  /** What is wrong with the rows comes back as what is wrong with the file. */
  async function onAsk(question: unknown): Promise<RowsAnswer> {
    try {
      return await answer(question as RowsQuestion);
    } catch (error) {
      signal.throwIfAborted();
      if (SlipwayError.is(error)) return { failure: error.message };
      throw error;
    }
  }

  try {
    const { limited } = await lake.read<{ limited: boolean }>({ module: script, input: job }, { signal, onAsk });
    return {
      requests,
      refusedByB: 0,
      notReplayable: {},
      notReplayableExamples: [],
      limited,
      firstAt: null,
      lastAt: null,
    };
  } catch (error) {
    if (!(error instanceof LakeError)) throw error;
    throw new SlipwayError("invalid_file", `${source.name} cannot be read: ${error.message}`, { file: source.name });
  }
}

function toJob({ name, path, label, limit }: FileRows, { a, b }: PairedVersions): RowsJob {
  const format = formats[name.split(".").at(-1)?.toLowerCase() ?? ""];
  if (format === undefined)
    throw new SlipwayError(
      "invalid_file",
      `${name} is no table: the name must end in one of ${Object.keys(formats).join(", ")}.`,
      { file: name },
    );
  const inputs = new Map([...b.signature.inputs, ...a.signature.inputs].map((input) => [input.name, input]));
  return {
    file: { path, format },
    name,
    label,
    limit,
    columns: [...inputs.values()].map(({ name: column, datatype, shape }) => ({
      name: column,
      kind: shape.slice(1).some((size) => size !== 1)
        ? "list"
        : datatype === "BYTES"
          ? "text"
          : datatype === "BOOL"
            ? "boolean"
            : "number",
    })),
    // So that traffic that comes meanwhile waits for no more than a few rows.
    rows: a.signature.batched && b.signature.batched ? 50 : 1,
  };
}

function toInputs(signature: Signature, inputs: Columns, rows: number): SideInputs {
  const columns = signature.inputs.filter(({ name }) => inputs[name] !== undefined);
  const records = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(({ name }) => [name, inputs[name]![row]])),
  );
  const { tensors } = recordsToTensors(signature, records, { extraFields: new Set() });
  return { tensors: packColumns(signature, tensors), rows };
}
