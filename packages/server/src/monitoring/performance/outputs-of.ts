import type { Signature } from "@slipway/runtime";
import { toColumns } from "../../predictions/index.ts";
import type { OutputColumn } from "./problem.ts";

/** The outputs of a version that hold one value a row. */
export function outputsOf(signature: Signature): OutputColumn[] {
  const { columns, tensors } = toColumns(signature);
  const found: OutputColumn[] = [];
  for (const { side, form, at, count, classes } of tensors) {
    const column = columns[at];
    if (side !== "output" || column === undefined || column.list === true) continue;
    const probabilities = columns.slice(at + 1, at + count).map(({ name }) => name);
    const kind = form === "value" ? kindOf(column.type) : "class";
    found.push({ name: column.name, kind, classes, probabilities });
  }
  return found;
}

function kindOf(type: string): OutputColumn["kind"] {
  if (type === "VARCHAR") return "text";
  if (type === "BOOLEAN") return "boolean";
  return type === "FLOAT" || type === "DOUBLE" ? "number" : "integer";
}
