import { typeOf } from "../port-types.ts";
import type { PackagedModel } from "../packaged-model.ts";
import type { ColumnFacts } from "./column-facts.ts";
import { guessClasses } from "./guess-classes.ts";
import { inputLines } from "./input-lines.ts";
import type { Match } from "./match-columns.ts";
import { commentText, yamlText } from "./yaml-text.ts";

export interface DraftRequest {
  readonly name: string;
  /** Of the model file, as slipway.yaml will name it. */
  readonly path: string;
  /** As it is without a manifest. */
  readonly packaged: PackagedModel;
  readonly sample: DraftSample | null;
  readonly match: Match;
  /** Names of inputs where the model was seen to answer nothing to a missing value. */
  readonly unanswered: ReadonlySet<string>;
  /** A file of examples that will lie beside it; null leaves the line a comment. */
  readonly examples: { readonly path: string; readonly remark: readonly string[] } | null;
}

export interface DraftSample {
  /** The file's name. */
  readonly source: string;
  readonly rows: number;
  readonly columns: readonly ColumnFacts[];
}

/** A slipway.yaml with what the file says and the sample shows, everything that was guessed marked as such. */
export function draftManifest(request: DraftRequest): string {
  const { name, path, packaged, sample, match } = request;
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
    ...inputLines(request),
    ...outputLines(packaged, match),
    ...exampleLines(request),
    "  # training: {at: 2026-03-01, data: where it came from, commit: 1a2b3c4} # facts for whoever asks later",
    "",
    ...settingLines(match),
  ];
  return `${lines.join("\n")}\n`;
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

function exampleLines({ examples, sample, packaged, match }: DraftRequest): string[] {
  const { outputs, others, inputs } = match;
  if (examples !== null)
    return [...examples.remark.map((line) => `  # ${line}`), `  examples: ${yamlText(examples.path)}`];
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
