import type { PredictionImportColumns, PredictionImportRequest, PredictionImportResult } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { argument, textOption, type Context, type Input, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { followOperation } from "../follow-operation.ts";
import { note, warn, writeOne } from "../output.ts";
import { printable } from "../text.ts";
import { parseSince } from "../time.ts";
import { requireFormat, uploadTable } from "../upload-table.ts";

export const importPredictions: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const file = argument(input, 1);
  const format = requireFormat(file);
  const given = toRequest(input);
  const reference = textOption(input, "reference");
  const referenceFormat = reference === undefined ? null : requireFormat(reference);
  const request: PredictionImportRequest = {
    sha256: await uploadTable(context, file),
    format,
    ...given,
    ...(reference === undefined || referenceFormat === null
      ? {}
      : { reference: { sha256: await uploadTable(context, reference), format: referenceFormat } }),
  };
  const { result } = await followOperation(context, "The import", (signal) =>
    context.client().predictions.import(name, request, { signal }),
  );
  writeResult(context, result as unknown as PredictionImportResult);
};

function toRequest(input: Input): Omit<PredictionImportRequest, "sha256" | "format"> {
  const time = (option: string) => {
    const text = textOption(input, option);
    return text === undefined ? undefined : parseSince(text);
  };
  const options = {
    positive: textOption(input, "positive"),
    from: time("from"),
    to: time("to"),
    message: textOption(input, "message"),
    skip_bad: input.options.skipBad === true ? true : undefined,
  };
  return { columns: toColumns(input), ...defined(options) };
}

function toColumns(input: Input): PredictionImportColumns {
  return defined({
    time: textOption(input, "timeColumn"),
    key: textOption(input, "keyColumn"),
    outputs: toList(textOption(input, "outputColumn")),
    ...toProbabilities(toList(textOption(input, "probabilityColumn")) ?? []),
    label: textOption(input, "labelColumn"),
    label_time: textOption(input, "labelTimeColumn"),
    ignore: toList(textOption(input, "ignore")),
  });
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what was not given. */
function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function toList(text: string | undefined): string[] | undefined {
  return text?.split(",").map((each) => each.trim());
}

/** NAME, or CLASS=NAME,CLASS=NAME. */
function toProbabilities(given: readonly string[]): Pick<PredictionImportColumns, "probability" | "probabilities"> {
  const [first, ...others] = given;
  if (first === undefined) return {};
  if (!first.includes("=") && others.length === 0) return { probability: first };
  const pairs = given.map((each) => {
    const at = each.indexOf("=");
    if (at > 0) return [each.slice(0, at), each.slice(at + 1)] as const;
    throw new UsageError(`--probability-column takes one name, or CLASS=NAME of each class; ${each} names no class.`);
  });
  return { probabilities: Object.fromEntries(pairs) };
}

function writeResult(context: Context, result: PredictionImportResult): void {
  const { columns } = result;
  writeOne(context, result, [
    ["version", `${result.model}@${result.version}${result.created ? " (new)" : ""}`],
    ["rows", result.rows],
    ["stored", result.stored],
    ["on record already", result.duplicates],
    ["left out", result.skipped === 0 ? null : result.skipped],
    ["labels", columns.label === null ? null : `${result.labels} new, of ${columns.label}`],
    ["predicted", result.from && `${result.from} to ${result.to}`],
    ["time", columns.time],
    ["key", columns.key],
    ["inputs", columns.inputs.join(", ")],
    ["outputs", columns.outputs.join(", ")],
    ["ignored", columns.ignored.join(", ")],
  ]);
  if (context.settings.format !== "table") return;
  for (const { line, message } of result.problems.slice(0, 10)) warn(context, `line ${line}: ${printable(message)}`);
  for (const each of result.notes) note(context, each);
}
