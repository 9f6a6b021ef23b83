import type { InputSpec, Signature } from "@slipway/runtime";
import { toColumns } from "../../predictions/index.ts";
import { type ColumnPlan, createProfilePlan, type ProfilePlan } from "./column-plan.ts";

type LakeColumns = ReturnType<typeof toColumns>;
type TensorColumns = LakeColumns["tensors"][number];

/**
 * What can be said of a version without a reference: every input and output that holds one value a row, without bins. A reference
 * gives its columns edges and categories.
 */
export function toSignaturePlan(signature: Signature): ProfilePlan {
  const lake = toColumns(signature);
  const inputs = new Map(signature.inputs.map((input) => [input.name, input]));
  return createProfilePlan(
    lake.tensors.flatMap((tensor) =>
      tensor.form === "columns" ? [] : toPlans(lake, tensor, inputs.get(tensor.tensor) ?? null),
    ),
  );
}

function toPlans({ columns }: LakeColumns, tensor: TensorColumns, input: InputSpec | null): ColumnPlan[] {
  const { side, at, count, classes, missing } = tensor;
  const base = { role: side, edges: null, categories: null, range: null, nullable: missing } as const;
  const spec = columns[at];
  if (spec === undefined || spec.list === true) return [];
  if (classes.length > 0) {
    const probabilities = columns.slice(at + 1, at + count);
    return [
      { ...base, name: spec.name, kind: "category", categories: classes },
      ...probabilities.map(({ name }) => ({ ...base, name, kind: "number" as const, range: [0, 1] as const })),
    ];
  }
  if (spec.type === "BOOLEAN") return [{ ...base, name: spec.name, kind: "category" }];
  const known = side === "input" ? input : null;
  if (spec.type === "VARCHAR")
    return [{ ...base, name: spec.name, kind: "category", categories: known?.categories ?? null }];
  return [{ ...base, name: spec.name, kind: "number", range: known?.range ?? null }];
}
