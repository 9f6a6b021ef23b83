import { canonicalJson } from "@slipway/contract";
import type { Datatype, OutputSpec, Signature } from "@slipway/runtime";
import { createHash } from "node:crypto";
import type { ColumnSpec, ColumnType } from "../../platform/lake/index.ts";
import { fixedColumns, type LakeColumns, type TensorColumns } from "./columns.ts";

const columnTypes: Readonly<Record<Datatype, ColumnType>> = {
  BOOL: "BOOLEAN",
  UINT8: "UTINYINT",
  UINT16: "USMALLINT",
  UINT32: "UINTEGER",
  UINT64: "UBIGINT",
  INT8: "TINYINT",
  INT16: "SMALLINT",
  INT32: "INTEGER",
  INT64: "BIGINT",
  FP16: "FLOAT",
  FP32: "FLOAT",
  FP64: "DOUBLE",
  BYTES: "VARCHAR",
};

/** What the records of a version become: its inputs and outputs under their own names, behind the fixed columns. */
export function toColumns(signature: Signature): LakeColumns {
  const { batched, packed } = signature;
  const named = createNames();
  const tensors: TensorColumns[] = [];
  for (const input of signature.inputs) {
    const { name, datatype, shape, nullable: missing } = input;
    const at = named.add(name, "input", { type: columnTypes[datatype], list: isList(shape, batched) });
    tensors.push({ tensor: name, datatype, side: "input", form: "value", at, count: 1, missing, classes: [] });
  }
  if (packed !== null && signature.inputs.every((input) => isNumeric(input.datatype))) {
    const matrix = { tensor: packed.tensor, datatype: packed.datatype, side: "input", form: "columns" } as const;
    const count = signature.inputs.length;
    tensors.push({ ...matrix, at: fixedColumns.length, count, missing: true, classes: [] });
  }
  for (const output of signature.outputs) tensors.push(addOutput(output, batched, named));
  const hash = createHash("sha256").update(canonicalJson({ batched, columns: named.columns, tensors }));
  return { signature: hash.digest("hex").slice(0, 16), batched, columns: named.columns, tensors };
}

function addOutput(output: OutputSpec, batched: boolean, named: Names): TensorColumns {
  const { name, datatype, classes } = output;
  const list = isList(output.shape, batched);
  const base = { tensor: name, datatype, side: "output", missing: false, classes: classes ?? [] } as const;
  if (classes === undefined) {
    const at = named.add(name, "output", { type: columnTypes[datatype], list });
    return { ...base, form: "value", at, count: 1 };
  }
  const at = named.add(name, "output", { type: "VARCHAR", list: false });
  if (!isFloat(datatype)) return { ...base, form: "index", at, count: 1 };
  for (const each of classes) named.add(`${name}_p_${each}`, "output", { type: columnTypes[datatype], list: false });
  const width = output.shape.at(-1);
  const form = list || (width === classes.length && classes.length > 1) ? "probabilities" : "binary";
  return { ...base, form, at, count: 1 + classes.length };
}

function isFloat(datatype: Datatype): boolean {
  return datatype === "FP16" || datatype === "FP32" || datatype === "FP64";
}

function isNumeric(datatype: Datatype): boolean {
  return datatype !== "BYTES";
}

/** Whether a row holds something else than one value. */
function isList(shape: readonly number[], batched: boolean): boolean {
  return (batched ? shape.slice(1) : shape).some((dim) => dim !== 1);
}

interface Names {
  readonly columns: ColumnSpec[];
  /** Returns the place of the column. */
  add(name: string, side: "input" | "output", spec: { readonly type: ColumnType; readonly list: boolean }): number;
}

/** SQL does not tell upper case from lower: a name that is taken gets its side behind it, and then a number. */
function createNames(): Names {
  const taken = new Set(["prediction", ...fixedColumns.map(({ name }) => name)].map((name) => name.toLowerCase()));
  const columns: ColumnSpec[] = [...fixedColumns];
  return {
    columns,
    add(name, side, spec) {
      let free = name === "" ? side : name;
      for (let i = 1; taken.has(free.toLowerCase()); i++) free = i === 1 ? `${name}_${side}` : `${name}_${side}_${i}`;
      taken.add(free.toLowerCase());
      columns.push({ name: free, ...spec, nullable: true });
      return columns.length - 1;
    },
  };
}
