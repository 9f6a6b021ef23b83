import type { SlipwayError } from "@slipway/contract";
import { createData, type OutputSpec, type Signature, type Tensor } from "@slipway/runtime";
import type { Journey, Outcome } from "./journey.ts";
import type { Answering, Route } from "./snapshot.ts";

/** What answers instead of a version that failed; null where nothing can. Never throws: the first error is the one to tell. */
export async function runFallback(
  route: Route,
  journey: Journey,
  error: SlipwayError,
): Promise<(Outcome & { readonly loaded: Answering }) | null> {
  const { fallback } = route;
  if (!fallback) return null;
  try {
    if (fallback.kind === "value") {
      if (journey.rows === 0) return null;
      const { served } = fallback;
      const own = { version: served, signature: served.signature };
      const answering = journey.assignment?.loaded ?? route.loaded ?? own;
      const outputs = toOutputs(answering.signature, fallback.value, journey.rows);
      return outcome(answering, outputs, `value: ${error.code}`);
    }
    const { loaded, alias } = fallback;
    if (loaded === journey.loaded) return null;
    const { call } = journey;
    const parsed = call.parse(loaded.signature, route.extraFields);
    const { tensors, rows } = parsed.resolved;
    const run = await loaded.run(tensors, rows);
    Object.assign(journey, { parsed, inputs: parsed.tensors, rows, run });
    return outcome(loaded, run.outputs, `${alias} (version ${loaded.version.version}): ${error.code}`);
  } catch {
    return null;
  }
}

function outcome(loaded: Answering, outputs: readonly Tensor[], fallback: string) {
  return { loaded, version: loaded.version.version, outputs, error: null, fallback };
}

/** The constant answer as tensors of the signature, the same for every row; an output that is not named is zero. */
function toOutputs(signature: Signature, value: Readonly<Record<string, unknown>>, rows: number): Tensor[] {
  return signature.outputs.map((spec) => {
    const shape = spec.shape.map((size, axis) => (axis === 0 ? rows : size === -1 ? 1 : size));
    const width = shape.slice(1).reduce((product, size) => product * size, 1);
    const row = toRow(spec, value[spec.name], width);
    if (spec.datatype === "BYTES")
      return { name: spec.name, datatype: spec.datatype, shape, data: repeat(row.map(String), rows) };
    const data = createData(spec.datatype, rows * width) as unknown as { [index: number]: number | bigint };
    const big = spec.datatype === "INT64" || spec.datatype === "UINT64";
    for (const [index, element] of repeat(row, rows).entries())
      data[index] = big ? BigInt(Math.round(Number(element))) : Number(element);
    return { name: spec.name, datatype: spec.datatype, shape, data: data as unknown as Tensor["data"] };
  });
}

function repeat<T>(row: readonly T[], rows: number): T[] {
  return Array.from({ length: rows }, () => row).flat();
}

/** With classes: a class name, the probability of the second of two classes, or a probability for each. */
function toRow(spec: OutputSpec, value: unknown, width: number): unknown[] {
  const { classes } = spec;
  const zeros = Array.from({ length: width }, () => 0);
  if (value === undefined || value === null) return zeros;
  const floating = spec.datatype.startsWith("FP");
  if (classes && !floating) return [classes.indexOf(String(value))];
  if (classes && width === classes.length) {
    if (typeof value === "string") return classes.map((name) => (name === value ? 1 : 0));
    if (typeof value === "number" && classes.length === 2) return [1 - value, value];
    if (typeof value === "object" && !Array.isArray(value))
      return classes.map((name) => (value as Record<string, unknown>)[name] ?? 0);
  }
  const list = Array.isArray(value) ? value.flat(Infinity) : [value];
  return zeros.map((zero, index) => list[index] ?? zero);
}
