import type { TensorData } from "../tensor.ts";
import { explainElement, writeElements } from "./elements.ts";
import type { ElementRules } from "./elements.ts";

/** What is wrong and where, as `[3][0]`; the caller knows which input of which request and makes the error. */
export interface Trouble {
  readonly path: string;
  readonly message: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Whether nested arrays have the dimensions at every level. Leaves are not looked at. Run before memory is taken for
 * `dims`: after it, the product of the dimensions is backed by the value's own size.
 */
export function checkNesting(value: unknown, dims: readonly number[], depth = 0, path = ""): Trouble | null {
  if (depth === dims.length) return null;
  const expected = `an array of ${dims[depth]}`;
  if (!Array.isArray(value) || value.length !== dims[depth]) {
    const got = Array.isArray(value) ? `an array of ${value.length}` : notAnArray(value);
    return { path, message: `expected ${expected}, got ${got}`, expected, got };
  }
  if (depth === dims.length - 1) return null;
  for (let i = 0; i < value.length; i++) {
    const trouble = checkNesting(value[i], dims, depth + 1, `${path}[${i}]`);
    if (trouble !== null) return trouble;
  }
  return null;
}

function notAnArray(value: unknown): string {
  if (value === null || value === undefined) return value === null ? "null" : "nothing";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Writes nested arrays that passed `checkNesting`, row-major from `start` on. `dims` has at least one dimension. */
export function writeNested(
  target: { readonly data: TensorData; readonly start: number; readonly rules: ElementRules },
  value: readonly unknown[],
  dims: readonly number[],
): Trouble | null {
  const { data, start, rules } = target;
  if (dims.length === 1) {
    const bad = writeElements(data, start, value, rules);
    return bad < 0 ? null : { path: `[${bad}]`, ...explainElement(value[bad], rules) };
  }
  const inner = dims.slice(1);
  let width = 1;
  for (const dim of inner) width *= dim;
  for (let i = 0; i < value.length; i++) {
    const trouble = writeNested({ data, start: start + i * width, rules }, value[i] as readonly unknown[], inner);
    if (trouble !== null) return { ...trouble, path: `[${i}]${trouble.path}` };
  }
  return null;
}
