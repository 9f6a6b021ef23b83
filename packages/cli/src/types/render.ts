import type { Endpoint, ModelVersion } from "@slipway/contract";
import { toPropertyName, toTypeName, toUnion } from "./names.ts";

type Signature = ModelVersion["signature"];
type InputSpec = Signature["inputs"][number];
type OutputSpec = Signature["outputs"][number];

const isFloat = (datatype: string): boolean => datatype.startsWith("FP");
const isWide = (datatype: string): boolean => datatype === "INT64" || datatype === "UINT64";

/**
 * A TypeScript module with what an endpoint takes and gives while `version` serves it. It imports nothing, and its
 * `Endpoints` goes into `createClient<Endpoints>()`.
 */
export function renderTypes(endpoint: Endpoint, version: ModelVersion): string {
  const { signature } = version;
  const [record, prediction] = ["Record", "Prediction"].map((end) => toTypeName(endpoint.name) + end);
  const outputs = signature.outputs.map((spec) => `  ${toPropertyName(spec.name)}: ${outputType(spec, signature)};`);
  const parts = [
    `// What the endpoint ${endpoint.name} takes and gives while ${version.model}@${version.version} serves it.\n` +
      `// Written by \`slipway types ${endpoint.name}\`: do not edit it, write it anew.`,
    toInterface(`${record}`, [
      ...signature.inputs.map((spec) => inputLine(spec, signature)),
      ...extraLines(endpoint, signature),
    ]),
    ...(outputs.some((line) => line.includes(": Classification<")) ? [classification] : []),
    toInterface(`${prediction}`, outputs),
    `/** For \`createClient<Endpoints>()\`. */\n${toInterface("Endpoints", [
      `  ${toPropertyName(endpoint.name)}: { input: ${record}; prediction: ${prediction} };`,
    ])}`,
  ];
  return `${parts.join("\n\n")}\n`;
}

const classification = `/** The likeliest class and how likely each is; null where the model gave no finite number. */
export interface Classification<Name extends string> {
  class: Name | null;
  probabilities: { [N in Name]: number | null };
}`;

function toInterface(name: string, lines: readonly string[]): string {
  return lines.length === 0 ? `export interface ${name} {}` : `export interface ${name} {\n${lines.join("\n")}\n}`;
}

/** What the server takes: an integer beyond 2^53 only as a bigint, a missing value only where the input is nullable. */
function inputLine(spec: InputSpec, signature: Signature): string {
  const dims = rowShape(spec.shape, signature.batched);
  const element = inputElement(spec);
  const nested = dims.reduce<string>((inner) => `readonly ${group(inner)}[]`, element);
  const type = spec.nullable && dims.length > 0 ? `${nested} | null` : nested;
  const name = toPropertyName(spec.name);
  return `${comment(spec, dims)}  ${name}${spec.nullable ? "?" : ""}: ${type};`;
}

function inputElement({ datatype, range, nullable }: InputSpec): string {
  if (datatype === "BOOL") return "boolean";
  if (datatype === "BYTES") return nullable ? "string | null" : "string";
  if (isWide(datatype) && !range?.every(Number.isSafeInteger)) return "number | bigint";
  return nullable ? "number | null" : "number";
}

function comment({ range, datatype, categories, format }: InputSpec, dims: readonly number[]): string {
  const facts = [
    /^U?INT/.test(datatype) ? "whole" : "",
    range === undefined ? "" : `${range[0]} to ${range[1]}`,
    format === undefined ? "" : "ISO 8601",
    categories === undefined
      ? ""
      : `known: ${categories
          .slice(0, 20)
          .map((name) => JSON.stringify(name))
          .join(", ")
          .replaceAll("*/", "* /")}`,
    dims.length === 0 ? "" : `shape [${dims.map((size) => (size < 0 ? "any" : size)).join(", ")}]`,
  ].filter((fact) => fact !== "");
  return facts.length === 0 ? "" : `  /** ${facts.join(", ")} */\n`;
}

/** The fields of `log.key` and `log.fields`, which go on record beside the inputs. */
function extraLines({ log }: Endpoint, signature: Signature): string[] {
  const inputs = new Set(signature.inputs.map((spec) => spec.name));
  const fields = [...new Set(log.fields)].filter((name) => !inputs.has(name) && name !== log.key);
  const lines = fields.map(
    (name) => `  /** goes on record, not into the model */\n  ${toPropertyName(name)}?: unknown;`,
  );
  if (log.key === null || inputs.has(log.key)) return lines;
  const key = `  /** your own key, to find the prediction by */\n  ${toPropertyName(log.key)}?: string | number | null;`;
  return [key, ...lines];
}

function outputType(spec: OutputSpec, { batched }: Signature): string {
  const dims = rowShape(spec.shape, batched);
  const { classes, datatype } = spec;
  if (classes !== undefined && isFloat(datatype)) return `Classification<${toUnion(classes)}>`;
  const element = outputElement(spec);
  const nested = dims.reduce<string>((inner) => `${group(inner)}[]`, element);
  // A row of one value is given as that value, and only the run tells whether there is one.
  return dims.length === 1 && dims[0] === -1 ? `${element} | ${nested}` : nested;
}

function outputElement({ datatype, classes }: OutputSpec): string {
  if (datatype === "BOOL") return "boolean";
  if (datatype === "BYTES") return "string | { b64: string }";
  if (isFloat(datatype)) return "number | null";
  if (classes !== undefined) return toUnion(classes);
  // Digits in a string beyond 2^53.
  return isWide(datatype) ? "number | string" : "number";
}

/** Dimensions of one record's value; none for a plain one. Without a batch, a leading 1 is taken for one. */
function rowShape(shape: readonly number[], batched: boolean): readonly number[] {
  const inner = batched || shape[0] === 1 ? shape.slice(1) : shape;
  return inner.length === 1 && inner[0] === 1 ? [] : inner;
}

function group(type: string): string {
  return /[ |]/.test(type) ? `(${type})` : type;
}
