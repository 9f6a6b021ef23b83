import { isFloat } from "@slipway/runtime";
import { typeOf } from "../merge-signature.ts";
import type { PackagedModel } from "../packaged-model.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { guessClasses } from "./guess-classes.ts";
import { matchColumns, type Match, type MatchedInput } from "./match-columns.ts";
import { roundOutward } from "./round-outward.ts";
import { commentText, yamlText } from "./yaml-text.ts";

export interface DraftRequest {
  readonly name: string;
  /** Of the model file, as slipway.yaml will name it. */
  readonly path: string;
  /** As it is without a manifest. */
  readonly packaged: PackagedModel;
  readonly sample: DraftSample | null;
  /** A file of examples that will lie beside it; null leaves the line a comment. */
  readonly examples: { readonly path: string; readonly remark: string } | null;
}

export interface DraftSample {
  /** The file's name. */
  readonly source: string;
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
}

export interface Draft {
  /** A slipway.yaml. */
  readonly text: string;
  readonly match: Match;
}

/** A slipway.yaml with what the file says and the sample shows, everything that was guessed marked as such. */
export function draftManifest(request: DraftRequest): Draft {
  const { name, path, packaged, sample } = request;
  const match = matchColumns(packaged.signature, sample?.columns ?? []);
  const from = sample === null ? "" : ` and ${commentText(sample.source)} (${sample.rows} rows)`;
  const lines = [
    `# Drafted by \`slipway init\` from ${commentText(path)}${from}.`,
    "# Read it through: what is called a guess is one. `slipway check` tries it out without a server.",
    "slipway: 1",
    `name: ${yamlText(name)}`,
    '# owner: {team: my-team, contact: "#my-channel", card: README.md}',
    "",
    "# Part of the version: a change here makes a new one.",
    "model:",
    `  path: ${yamlText(path)}`,
    ...inputLines(request, match),
    ...outputLines(packaged, match),
    ...exampleLines(request, match),
    "  # training: {at: 2026-03-01, data: where it came from, commit: 1a2b3c4} # facts for whoever asks later",
    "",
    ...settingLines(match),
  ];
  return { text: `${lines.join("\n")}\n`, match };
}

function inputLines({ packaged, sample }: DraftRequest, match: Match): string[] {
  const { inputs, matrix, remarks } = match;
  const lines = remarks.map((remark) => `  # ${remark}`);
  if (matrix !== null) lines.unshift(...matrixLines(match, sample));
  if (inputs.length === 0) {
    const width = matrix?.shape[1] ?? -1;
    const names = Array.from(
      { length: Math.min(3, width < 0 ? 3 : width) },
      (_, i) => `first second third`.split(" ")[i]!,
    );
    const more = width > 3 ? [`  #   # ... ${width} in all`] : [];
    return [
      ...lines,
      "  # inputs:",
      ...names.map((each) => `  #   ${each}: {type: ${typeOf[matrix!.datatype]}}`),
      ...more,
    ];
  }
  const drafted = inputs.map((input) => inputLine(input, matrix !== null || packaged.signature.packed !== null));
  if (drafted.some((line) => line.includes("range:")))
    lines.push(
      "  # Ranges are a guess: those of the sample, rounded outward. Other numbers are refused, so widen or remove them.",
    );
  const order = matrix === null && packaged.signature.packed === null ? "" : " # in the order of the matrix";
  return [...lines, `  inputs:${order}`, ...drafted.map((line) => `    ${line}`)];
}

function matrixLines({ matrix, inputs }: Match, sample: DraftSample | null): string[] {
  const { name, datatype, shape } = matrix!;
  const width = shape[1] === -1 ? "any number of" : String(shape[1]);
  const what = `  # The file takes one matrix, ${commentText(name)} (${typeOf[datatype]}, ${width} columns).`;
  if (inputs.length === 0 || sample === null)
    return [`${what} Named columns are easier to call: name them in their order.`];
  return [
    `${what} Its columns are called as in ${commentText(sample.source)}, in that order:`,
    "  # a guess. Check that the model was trained on them in this order, for nothing else can tell.",
  ];
}

/** `hour: {type: int64, range: [0, 25]} # 0 to 23 in the sample` */
function inputLine({ name, column, datatype }: MatchedInput, packed: boolean): string {
  const isBool = packed && column?.kind === "boolean" && column.missing === 0;
  const type = isBool ? "bool" : typeOf[datatype];
  const canBeNull = isFloat(datatype) && !isBool;
  const numeric = type !== "bool" && type !== "string";
  const range = numeric && column?.range ? roundOutward(column.range) : null;
  const parts = [
    `type: ${type}`,
    ...(range === null ? [] : [`range: [${range.join(", ")}]`]),
    ...(column !== null && column.missing > 0 && canBeNull ? ["nullable: true"] : []),
  ];
  const remarks = column === null ? [] : inputRemarks(column, { canBeNull, numeric, packed });
  const value = parts.length === 1 ? type : `{${parts.join(", ")}}`;
  return `${yamlText(name)}: ${value}${remarks.length === 0 ? "" : ` # ${remarks.join("; ")}`}`;
}

function inputRemarks(
  column: ColumnFacts,
  { canBeNull, numeric, packed }: { canBeNull: boolean; numeric: boolean; packed: boolean },
): string[] {
  const { range, missing, kind, values } = column;
  const remarks: string[] = [];
  if (numeric && range)
    remarks.push(
      range[0] === range[1] ? `always ${range[0]} in the sample` : `${range[0]} to ${range[1]} in the sample`,
    );
  // Values of texts may be personal: only how many there are is told.
  if (kind === "text" && !numeric)
    remarks.push(`${values === null ? "over 1000" : values.length} different texts in the sample`);
  if (packed && kind === "integer") remarks.push("whole numbers; int64 would refuse others");
  if (missing > 0)
    remarks.push(
      canBeNull ? `${missing} missing in the sample` : `${missing} missing in the sample, but this type takes no null`,
    );
  if (kind === "text" && numeric) remarks.push("text in the data, but a number in the file");
  return remarks;
}

function outputLines({ signature, report }: PackagedModel, { label }: Match): string[] {
  const lines: string[] = [];
  // Text names itself.
  for (const output of signature.outputs.filter(({ datatype }) => datatype !== "BYTES")) {
    const classes = report.classes[output.name];
    const guess = guessClasses(classes === undefined ? output : { ...output, classes }, label);
    const what = `${yamlText(output.name)}:`;
    if (guess === null)
      lines.push(
        `    # ${what} {classes: [...]} # ${typeOf[output.datatype]} [${output.shape.map((size) => (size < 0 ? "any" : size)).join(", ")}]`,
      );
    else {
      const why = guess.certain
        ? "as the file says"
        : `a guess: the values of ${commentText(label!.name)}, sorted as scikit-learn sorts them. Check the order`;
      lines.push(`    ${what} {classes: [${guess.classes.map(yamlText).join(", ")}]} # ${why}`);
    }
  }
  if (lines.length === 0) return [];
  const active = lines.some((line) => !line.startsWith("    #"));
  return active
    ? ["  outputs:", ...lines]
    : ["  # outputs: # names for the numbers that come out", ...lines.map((line) => line.replace("    #", "  #  "))];
}

function exampleLines({ examples, sample, packaged }: DraftRequest, { outputs, others, inputs }: Match): string[] {
  if (examples !== null) return [`  # ${examples.remark}`, `  examples: ${yamlText(examples.path)}`];
  const hasAll = outputs.length === packaged.signature.outputs.length && inputs.every(({ column }) => column !== null);
  if (sample === null || !hasAll)
    return [
      "  # Rows with the outputs that they had at training: each deploy then proves that the file still answers so.",
      "  # examples: examples.json # a list of {inputs: {...}, outputs: {...}}, or a CSV or Parquet file of both",
    ];
  const extra = others.filter((column) => !outputs.includes(column)).map((column) => commentText(column.name));
  return [
    `  # ${commentText(sample.source)} has the outputs too. Where they were recorded at training, each deploy proves that the file still answers so${extra.length === 0 ? "" : `; take the columns ${extra.join(", ")} out first`}:`,
    `  # examples: ${yamlText(sample.source)}`,
  ];
}

function settingLines({ key, others }: Match): string[] {
  const fields = others.filter((column) => column !== key).map((column) => yamlText(column.name));
  const lines = [
    "# From here on a change takes effect without a new version. Each line shows the default, or an example.",
    "# serve:",
    "#   replicas: 1 # copies, where it runs in worker threads",
    "#   timeout: 30s # for an answer",
    "#   fallback: none # an alias, or values: {output: 0}",
    "#   follow: none # an alias that chooses the version",
    "#   memory: 512MiB # refuse a version that needs more; no bound by default",
    "#   max_training_age: 90d # refuse a version that was trained before; no bound by default",
    "# log:",
    "#   durability: process # or disk: survives a power cut",
    "#   on_full: serve # or refuse: no answer without a record",
    key === null
      ? "#   key: my_id # a field by which you find a prediction again"
      : `#   key: ${yamlText(key.name)} # a guess: find a prediction by it again`,
    `#   fields: [${fields.slice(0, 50).join(", ")}]${fields.length === 0 ? " # fields that are no inputs and go on record" : " # columns of the data that are no inputs: name those that go on record"}`,
    "#   redact: [] # inputs and fields that never reach the disk",
    "# labels:",
    "#   sql: none # pulls what became true from a source of the server: {source, query, every}",
  ];
  return lines;
}
