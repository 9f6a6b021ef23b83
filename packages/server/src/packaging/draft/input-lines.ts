import { isFloat } from "@slipway/runtime";
import { typeOf } from "../port-types.ts";
import type { PackagedModel } from "../packaged-model.ts";
import type { ColumnFacts } from "./column-facts.ts";
import type { Match, MatchedInput } from "./match-columns.ts";
import { roundOutward } from "./round-outward.ts";
import { commentText, yamlText } from "./yaml-text.ts";

export interface InputDraft {
  readonly packaged: PackagedModel;
  readonly sample: { readonly source: string } | null;
  readonly match: Match;
  readonly unanswered: ReadonlySet<string>;
}

/** The names, types, ranges and missing values of the inputs, and what is not sure about them. */
export function inputLines({ packaged, sample, match, unanswered }: InputDraft): string[] {
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
  const drafted = inputs.map((input) =>
    inputLine(input, {
      packed: matrix !== null || packaged.signature.packed !== null,
      answered: !unanswered.has(input.name),
    }),
  );
  if (drafted.some((line) => line.includes("range:")))
    lines.push(
      "  # Ranges are a guess: those of the sample, rounded outward. Other numbers are refused, so widen or remove them.",
    );
  const order = matrix === null && packaged.signature.packed === null ? "" : " # in the order of the matrix";
  return [...lines, `  inputs:${order}`, ...drafted.map((line) => `    ${line}`)];
}

function matrixLines({ matrix, inputs }: Match, sample: InputDraft["sample"]): string[] {
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
function inputLine(
  { name, column, datatype }: MatchedInput,
  { packed, answered }: { packed: boolean; answered: boolean },
): string {
  const isBool = packed && column?.kind === "boolean" && column.missing === 0;
  const type = isBool ? "bool" : typeOf[datatype];
  const canBeNull = isFloat(datatype) && !isBool;
  const numeric = type !== "bool" && type !== "string";
  const range = numeric && column?.range ? roundOutward(column.range) : null;
  const parts = [
    `type: ${type}`,
    ...(range === null ? [] : [`range: [${range.join(", ")}]`]),
    ...(column !== null && column.missing > 0 && canBeNull && answered ? ["nullable: true"] : []),
  ];
  const remarks = column === null ? [] : inputRemarks(column, { canBeNull, answered, numeric, packed });
  const value = parts.length === 1 ? type : `{${parts.join(", ")}}`;
  return `${yamlText(name)}: ${value}${remarks.length === 0 ? "" : ` # ${remarks.join("; ")}`}`;
}

interface Facts {
  readonly canBeNull: boolean;
  readonly answered: boolean;
  readonly numeric: boolean;
  readonly packed: boolean;
}

function inputRemarks(column: ColumnFacts, { canBeNull, answered, numeric, packed }: Facts): string[] {
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
  if (missing > 0) remarks.push(`${missing} missing in the sample${missingText(canBeNull, answered)}`);
  if (kind === "text" && numeric) remarks.push("text in the data, but a number in the file");
  return remarks;
}

function missingText(canBeNull: boolean, answered: boolean): string {
  if (!canBeNull) return ", but this type takes no null";
  return answered ? "" : ", but the model answers NaN to them: fill them in first";
}
