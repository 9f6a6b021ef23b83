import { SlipwayError } from "@slipway/contract/errors";
import { describe, quote } from "../codec/elements.ts";
import { isBytesData, isFloat, numberAt } from "../datatype.ts";
import type { Signature } from "../signature.ts";
import { isMissingText } from "../tensor.ts";
import type { Column } from "./adapter-columns.ts";
import type { OnnxAdapter, RefusedValues } from "./adapter.ts";

interface Rule {
  readonly missing: boolean;
  readonly infinite: boolean;
  readonly least: number;
  readonly most: number;
  readonly known: ReadonlySet<string | number> | null;
}

/** Holds the columns of a request to what the original takes. The function throws `invalid_input`. */
export function createRefusals(signature: Signature, adapter: OnnxAdapter) {
  const rules = signature.inputs.map(({ name }) =>
    Object.hasOwn(adapter.refused, name) ? toRule(adapter.refused[name]!) : null,
  );
  return (place: number, column: Column): void => {
    const rule = rules[place];
    if (rule === null || rule === undefined) return;
    const bad = isBytesData(column.tensor.data) ? findText(rule, column) : findNumber(rule, column);
    if (bad < 0) return;
    const { spec, offset, stride, tensor } = column;
    const value = tensor.data[offset + bad * stride];
    const said = isMissingText(value) ? "missing" : typeof value === "string" ? quote(value) : describe(value);
    throw new SlipwayError(
      "invalid_input",
      `Input ${quote(spec.name)}: element ${bad} is ${said}, which this model refuses. Send ${wanted(rule)}.`,
      { input: spec.name, element: bad, got: said },
    );
  };
}

function toRule({ missing, infinite, limits, others }: RefusedValues): Rule {
  const [least, most] = limits ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  return {
    missing: missing === true,
    infinite: infinite === true,
    least,
    most,
    known: others === undefined ? null : new Set(others),
  };
}

function findNumber({ missing, infinite, least, most, known }: Rule, { tensor, offset, stride }: Column): number {
  const isNumber = isFloat(tensor.datatype);
  const data = tensor.data as Float64Array;
  const isPlain = tensor.datatype === "FP64" || tensor.datatype === "FP32";
  for (let row = 0, at = offset; at < data.length; row++, at += stride) {
    const value = isPlain ? data[at]! : numberAt(tensor, at);
    if (value >= least && value <= most && known === null) continue;
    if (value !== value ? missing : known !== null && !known.has(value)) return row;
    if (!isNumber || value !== value) continue;
    if (value === Infinity || value === -Infinity ? infinite : value < least || value > most) return row;
  }
  return -1;
}

function findText({ missing, known }: Rule, { tensor, offset, stride }: Column): number {
  const data = tensor.data as readonly (string | Uint8Array)[];
  for (let row = 0, at = offset; at < data.length; row++, at += stride) {
    const value = data[at]!;
    if (isMissingText(value)) {
      if (missing) return row;
    } else if (known !== null && !known.has(typeof value === "string" ? value : Buffer.from(value).toString("utf8")))
      return row;
  }
  return -1;
}

function wanted({ known, least, most }: Rule): string {
  if (known !== null) {
    const shown = [...known].slice(0, 10).map((value) => JSON.stringify(value));
    return `one of ${shown.join(", ")}${known.size > 10 ? ", ..." : ""}`;
  }
  return `a value between ${least} and ${most}`;
}
