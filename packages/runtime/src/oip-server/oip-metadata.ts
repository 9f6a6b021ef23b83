import { SlipwayError } from "@slipway/contract/errors";
import { isObject } from "../codec/json-body.ts";
import type { ModelReport, ReportedOutput } from "../program.ts";
import { datatypes, type Datatype } from "../tensor.ts";

/** What a server of the Open Inference Protocol says of a model, as a model process would. @throws SlipwayError `invalid_model` */
export function parseModelMetadata(value: unknown): ModelReport {
  if (!isObject(value)) throw wrong("it is no JSON object");
  const inputs = parseTensors(value, "inputs");
  const outputs = parseTensors(value, "outputs");
  const { platform } = value;
  return {
    inputs: inputs && inputs.map((input) => ({ ...input, nullable: false })),
    matrix: null,
    outputs,
    batched: [...(inputs ?? []), ...(outputs ?? [])].every(({ shape }) => shape[0] === -1),
    platform: typeof platform === "string" && platform !== "" ? platform : "remote_oip",
    python: null,
    packages: {},
    example: null,
    notes: [],
  };
}

/** Null where it lists none: some servers only know when they are asked. */
function parseTensors(metadata: Record<string, unknown>, key: "inputs" | "outputs"): ReportedOutput[] | null {
  const list = metadata[key] ?? [];
  if (!Array.isArray(list)) throw wrong(`${key} is no list`);
  if (list.length === 0) return null;
  return list.map((entry: unknown, index) => {
    const at = `${key}[${index}]`;
    if (!isObject(entry) || typeof entry["name"] !== "string" || entry["name"] === "") throw wrong(`${at} has no name`);
    return {
      name: entry["name"],
      datatype: parseDatatype(entry["datatype"], at),
      shape: parseShape(entry["shape"], at),
    };
  });
}

function parseDatatype(value: unknown, at: string): Datatype {
  if ((datatypes as readonly unknown[]).includes(value)) return value as Datatype;
  throw wrong(`${at}.datatype is ${JSON.stringify(value)}, and must be one of ${datatypes.join(", ")}`);
}

/** Servers that render protobuf as JSON write integers as strings. */
function parseShape(value: unknown, at: string): number[] {
  const shape = Array.isArray(value) ? value.map((size: unknown) => (size === "" ? NaN : Number(size))) : null;
  if (shape !== null && shape.every((size) => Number.isInteger(size) && size >= -1)) return shape;
  throw wrong(`${at}.shape is ${JSON.stringify(value)}, and must be a list of sizes, -1 where any will do`);
}

function wrong(why: string): SlipwayError {
  return new SlipwayError(
    "invalid_model",
    `What the model's server says of it (GET /v2/models/NAME) is no metadata of the Open Inference Protocol: ${why}.`,
  );
}
