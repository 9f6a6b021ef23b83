import { basename } from "node:path";
import {
  createPackaging,
  draftManifest,
  matchColumns,
  parseManifestText,
  readSignature,
  toColumnFacts,
  type ColumnFacts,
} from "../../packaging/index.ts";
import { systemClock } from "../../kernel/clock.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createLake, readTable, type TableSample } from "../../platform/lake/index.ts";
import { findUnanswered } from "./find-unanswered.ts";
import { makeExamples, type ExampleRow } from "./make-examples.ts";
import { openReplica, packageRuntimes } from "./open-replica.ts";
import { openPackage, type PackageFile } from "./open-package.ts";

export interface DraftPackageRequest {
  readonly name: string;
  readonly files: readonly PackageFile[];
  /** The model file, among `files`. */
  readonly entry: string;
  /** A file with a sample of data; null where there is none. */
  readonly data: string | null;
  /** How many rows of it become examples; 0 makes none. */
  readonly examples: number;
  /** The name of the file that they will stand in. */
  readonly examplesPath: string;
  readonly signal?: AbortSignal;
  /** Told what happens now, as a sentence. */
  readonly onProgress?: (message: string) => void;
}

export interface DraftedPackage {
  /** A slipway.yaml. */
  readonly text: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Columns of the sample that are no inputs. */
  readonly others: readonly string[];
  /** Rows of the sample that was read, and of the file; null without one. */
  readonly sample: { readonly rows: number; readonly total: number } | null;
  /** What was guessed or could not be, and what the probe saw; sentences. */
  readonly remarks: readonly string[];
  /** What this machine's model answers to rows of the sample; null unless asked for. */
  readonly examples: readonly ExampleRow[] | null;
}

const mostRows = 20_000;

/**
 * Writes a slipway.yaml for a model from what its file says and a sample of data shows, without a server.
 * @throws SlipwayError `invalid_model`, `invalid_file`, `invalid_manifest`, `cancelled`
 */
export async function draftPackage(request: DraftPackageRequest): Promise<DraftedPackage> {
  const { files, entry, data, signal, onProgress } = request;
  const table = data === null ? null : await readSample(data, request);
  return openPackage(files, async (folder) => {
    const packaging = createPackaging({ python: packageRuntimes().python });
    const look = { folder, path: entry, ...(signal && { signal }), ...(onProgress && { onProgress }) };
    const packaged = await packaging.inspect({ ...look, manifest: null });
    const columns = table === null ? [] : toFacts(table);
    const match = matchColumns(packaged.signature, columns);
    const replica = await openReplica({ folder, packaged, settings: { replicas: 1 } }, packaged.signature);
    try {
      const text = draftManifest({
        ...toDraft(request),
        packaged,
        match,
        sample: table === null ? null : { source: basename(data!), rows: table.rows.length, columns },
        unanswered: await findUnanswered(replica, packaged.signature, match),
      });
      const signature = readSignature(packaged, parseManifestText(text));
      const wanted = { inputs: match.inputs, count: request.examples };
      return {
        text,
        inputs: match.inputs.map((input) => input.name),
        outputs: signature.outputs.map((output) => output.name),
        others: match.others.map((column) => column.name),
        sample: table === null ? null : { rows: table.rows.length, total: table.total },
        remarks: [...match.remarks, ...packaged.notes],
        examples:
          table === null || wanted.count === 0
            ? null
            : await makeExamples({ replica, signature }, { ...wanted, table }),
      };
    } finally {
      await replica.close();
    }
  });
}

function toFacts({ columns, rows }: TableSample): ColumnFacts[] {
  return toColumnFacts(
    columns.map((column) => column.name),
    rows,
  );
}

function toDraft({ name, entry: path, data, examples, examplesPath }: DraftPackageRequest) {
  const remark = [
    "What this machine answered when this was drafted, NOT what was recorded at training: it shows that the model arrived",
    "unharmed, and not that it was exported right.",
  ];
  return { name, path, examples: data === null || examples === 0 ? null : { path: examplesPath, remark } };
}

async function readSample(data: string, { signal, onProgress }: DraftPackageRequest): Promise<TableSample> {
  onProgress?.(`reading ${basename(data)}`);
  const lake = createLake({
    memoryBytes: 2 ** 30,
    threads: 2,
    idleMs: 1000,
    clock: systemClock,
    logger: silentLogger,
  });
  try {
    return flatten(await readTable(lake, data, { limit: mostRows, ...(signal && { signal }) }));
  } finally {
    await lake.close();
  }
}

/** Rows of `{inputs: {...}, outputs: {...}}`, as examples are written, as rows of what is in there. */
function flatten(table: TableSample): TableSample {
  const names = table.columns.map((column) => column.name).toSorted();
  if (names.join() !== "inputs,outputs" || !table.rows.every((row) => row.every(isObject))) return table;
  const records = table.rows.map((row) => Object.assign({}, ...(row as object[])) as Record<string, unknown>);
  const fields = [...new Set(records.flatMap((record) => Object.keys(record)))];
  const rows = records.map((record) => fields.map((field) => record[field]));
  return { columns: fields.map((name) => ({ name, type: "JSON" })), rows, total: table.total };
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
