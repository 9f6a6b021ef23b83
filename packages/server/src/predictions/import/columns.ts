import { SlipwayError } from "@slipway/contract/errors";
import type { PredictionImportColumns } from "@slipway/contract";
import type { NamedType } from "../../platform/lake/lake-db.ts";

/** What each column of a file is. */
export interface ColumnRoles {
  readonly time: string | null;
  readonly key: string | null;
  readonly label: string | null;
  readonly labelTime: string | null;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Of the only output: of its positive class, or of each class by name. */
  readonly probability: string | Readonly<Record<string, string>> | null;
  readonly ignored: readonly string[];
}

const usual = {
  time: ["predicted_at", "timestamp", "time"],
  key: ["key", "id"],
  output: ["prediction", "y_pred"],
  probability: ["probability", "predicted_probability", "y_pred_proba"],
  label: ["label", "y_true"],
} as const;

/**
 * @param spread rows have no times of their own: they are spread over a stretch
 * @throws SlipwayError `invalid_file`
 */
export function toRoles(found: readonly NamedType[], given: PredictionImportColumns, spread: boolean): ColumnRoles {
  const names = new Set(found.map(({ name }) => name));
  const pick = (role: keyof typeof usual, named: string | undefined) =>
    named ?? usual[role].find((name) => names.has(name)) ?? null;
  const time = spread ? null : pick("time", given.time);
  const output = pick("output", undefined);
  const outputs = given.outputs ?? (output === null ? [] : [output]);
  const single = outputs.length <= 1;
  const probability = given.probabilities ?? (single ? pick("probability", given.probability) : null);
  const roles = {
    time,
    key: pick("key", given.key),
    label: pick("label", given.label),
    labelTime: given.label_time ?? null,
    outputs,
    probability,
  };
  const ignored = new Set([...(given.ignore ?? []), ...found.filter(isNested).map(({ name }) => name)]);
  const ofProbability = typeof probability === "string" ? [probability] : Object.values(probability ?? {});
  const used = [time, roles.key, roles.label, roles.labelTime, ...outputs, ...ofProbability].filter(
    (name) => name !== null,
  );
  requireThere(found, [...used, ...(given.ignore ?? [])]);
  requireOnce(used);
  if (time === null && !spread)
    throw wrong(
      "There is no column of times, so nobody knows when the rows were predicted. Name it (--time-column), or say over which time they are spread (--from and --to)",
      found,
    );
  if (outputs.length === 0 && probability === null)
    throw wrong("There is no column of what was predicted. Name it (--output-column)", found);
  if (!single && given.probability !== undefined) throw several(found);
  if (!single && given.probabilities !== undefined) throw several(found);
  const inputs = found.filter(({ name }) => !used.includes(name) && !ignored.has(name)).map(({ name }) => name);
  if (inputs.length === 0) throw wrong("No column is left for the inputs of the model", found);
  return { ...roles, inputs, ignored: [...ignored].filter((name) => !used.includes(name)) };
}

/** Lists, structures and bytes: no single value of a model. */
function isNested({ type }: NamedType): boolean {
  return /[([]|^(MAP|BLOB|BIT|JSON)/.test(type) && !type.startsWith("DECIMAL") && !type.startsWith("ENUM");
}

function several(found: readonly NamedType[]): SlipwayError {
  return wrong("Probabilities are of the only output, and several were named (--output-column)", found);
}

function requireThere(found: readonly NamedType[], wanted: readonly string[]): void {
  const missing = wanted.find((name) => !found.some((column) => column.name === name));
  if (missing !== undefined) throw wrong(`There is no column ${JSON.stringify(missing)}`, found);
}

function requireOnce(used: readonly string[]): void {
  const twice = used.find((name, i) => used.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new SlipwayError(
    "invalid_file",
    `The column ${JSON.stringify(twice)} was named as two things. Name another one for one of them.`,
    { column: twice },
  );
}

function wrong(what: string, found: readonly NamedType[]): SlipwayError {
  const names = found.map(({ name }) => name);
  return new SlipwayError("invalid_file", `${what}; there are: ${names.slice(0, 50).join(", ")}.`, { columns: names });
}
