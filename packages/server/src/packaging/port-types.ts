import type { ManifestInput, ManifestType } from "@slipway/contract";
import type { Datatype, InputSpec, OutputSpec } from "@slipway/runtime";

/** What a type of slipway.yaml is in a tensor. */
export const datatypeOf: Readonly<Record<ManifestType, Datatype>> = {
  string: "BYTES",
  bool: "BOOL",
  int8: "INT8",
  int16: "INT16",
  int32: "INT32",
  int64: "INT64",
  uint8: "UINT8",
  uint16: "UINT16",
  uint32: "UINT32",
  uint64: "UINT64",
  float16: "FP16",
  float32: "FP32",
  float64: "FP64",
  datetime: "BYTES",
};
/** The name of a datatype in slipway.yaml. */
export const typeOf = Object.fromEntries(
  Object.entries(datatypeOf).map(([type, datatype]) => [datatype, datatype === "BYTES" ? "string" : type]),
) as Readonly<Record<Datatype, ManifestType>>;

/** What the manifest says of an input beside its type and shape. */
export function toTraits(input: ManifestInput): Pick<InputSpec, "nullable" | "range" | "categories" | "format"> {
  return {
    nullable: input.nullable ?? false,
    ...(input.range && { range: input.range }),
    ...(input.categories && { categories: input.categories }),
    ...(input.type === "datetime" && { format: "date-time" as const }),
  };
}

/** `"age" (float64 [any])`, for messages. */
export function describePort(port: InputSpec | OutputSpec): string {
  return `${JSON.stringify(port.name)} (${typeOf[port.datatype]} ${showShape(port.shape)})`;
}

export function showShape(shape: readonly number[]): string {
  return `[${shape.map((size) => (size === -1 ? "any" : size)).join(", ")}]`;
}
