import { SlipwayError } from "@slipway/contract/errors";
import type { InputSpec, OutputSpec, Signature } from "@slipway/runtime";
import type { ColumnRoles } from "./columns.ts";

/** What the values of a column say: numbers, texts, or numbers of which there are only 0 and 1. */
export type ValueKind = "number" | "text" | "binary";

/** What was found out about the columns of a file. */
export interface FoundValues {
  readonly kinds: ReadonlyMap<string, ValueKind>;
  /** Different values of the label, as texts; at most a few more than two. */
  readonly classes: readonly string[];
}

/** What a model takes and gives as its file shows: numbers of 64 bits and texts, each of which may be missing. */
export function toSignature(roles: ColumnRoles, found: FoundValues, positive: string | undefined): Signature {
  const kindOf = (name: string) => found.kinds.get(name) ?? "text";
  const inputs = roles.inputs.map((name): InputSpec => ({
    name,
    datatype: kindOf(name) === "text" ? "BYTES" : "FP64",
    shape: [-1],
    nullable: true,
  }));
  return { inputs, outputs: toOutputs(roles, found, positive), packed: null, batched: true };
}

function toOutputs(
  { outputs, probability }: ColumnRoles,
  { kinds, classes }: FoundValues,
  positive: string | undefined,
): OutputSpec[] {
  const [first] = outputs;
  if (probability === null)
    // What is 0 or 1 and nothing else is a class and no number.
    return outputs.map((name) => ({ name, datatype: kinds.get(name) === "number" ? "FP64" : "BYTES", shape: [-1] }));
  if (typeof probability === "string") {
    const score = { name: probability, datatype: "FP64", shape: [-1] } as const;
    // Where the line between the classes is, only the column of classes knows.
    if (first !== undefined) return [{ name: first, datatype: "BYTES", shape: [-1] }, score];
    return [{ ...score, classes: toClasses(classes, positive) }];
  }
  const names = Object.keys(probability);
  if (names.length < 2)
    throw new SlipwayError(
      "invalid_file",
      "Probabilities by class are of two classes or more. Name the column of each, or the one of the positive class alone (--probability-column NAME).",
    );
  return [{ name: first ?? "prediction", datatype: "FP64", shape: [-1, names.length], classes: names }];
}

/** The negative class, then the positive one. @throws SlipwayError `invalid_file` where there are others */
function toClasses(found: readonly string[], positive: string | undefined): [string, string] {
  const all = [...new Set([...found, ...(positive === undefined ? [] : [positive])])].toSorted();
  if (all.length > 2)
    throw new SlipwayError(
      "invalid_file",
      `One probability is of two classes, and there are more: ${all.slice(0, 5).join(", ")}. Name the column of each (--probability-column CLASS=NAME).`,
      { classes: all },
    );
  const [a = "0", b] = all;
  if (b === undefined) return onlyClass(a, positive);
  return positive === a ? [b, a] : [a, b];
}

/** Words for both classes where a file shows one of them, or none. */
const pairs: readonly (readonly [string, string])[] = [
  ["0", "1"],
  ["false", "true"],
  ["no", "yes"],
  ["n", "y"],
];

function onlyClass(only: string, positive: string | undefined): [string, string] {
  const pair = pairs.find((each) => each.includes(only.toLowerCase()));
  if (pair !== undefined && pair.includes(only)) return positive === pair[0] ? [pair[1], pair[0]] : [pair[0], pair[1]];
  return positive === only ? [`not ${only}`, only] : [only, `not ${only}`];
}

/** What a file shows of its model. */
export interface ShownModel {
  readonly signature: Signature;
  /** Of an only output that is a probability: the classes that the file has, of which it may lack one. Null elsewhere. */
  readonly classes: readonly string[] | null;
}

/** Whether rows of a file are rows of a version with this signature: what is a number in the file may be a text there. */
export function fits(known: Signature, { signature, classes }: ShownModel): boolean {
  if (known.inputs.length !== signature.inputs.length || known.outputs.length !== signature.outputs.length)
    return false;
  const isTaken = (
    wanted: Pick<InputSpec, "name" | "datatype">,
    there: readonly Pick<InputSpec, "name" | "datatype">[],
  ) =>
    there.some(({ name, datatype }) => name === wanted.name && (datatype === wanted.datatype || datatype === "BYTES"));
  if (!signature.inputs.every((input) => isTaken(input, known.inputs))) return false;
  return signature.outputs.every((output) => {
    if (output.classes === undefined)
      return isTaken(
        output,
        known.outputs.filter((each) => !each.classes),
      );
    const there = known.outputs.find(({ name }) => name === output.name);
    const shown = classes ?? output.classes;
    return there?.shape.length === output.shape.length && shown.every((each) => there.classes?.includes(each) === true);
  });
}
