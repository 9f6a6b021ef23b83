import { fromFloats, fromNamedOutputs, toTensorBytes, type Answer, type Question } from "./question.ts";

interface OipOutput {
  readonly name: string;
  readonly datatype: string;
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: number };
}

/** @param outputs which ones to ask for; all where left out */
export function toOipJson({ inputs }: Question, outputs?: readonly string[]): string {
  return JSON.stringify({
    inputs: inputs.map((input) => ({ ...input, data: [...input.data] })),
    ...(outputs === undefined ? {} : { outputs: outputs.map((name) => ({ name })) }),
  });
}

/** Labels come as integers, or as texts of them. */
export function fromOipJson(body: Buffer): Answer {
  const { outputs } = JSON.parse(body.toString()) as { outputs: readonly OipOutput[] };
  return fromNamedOutputs(Object.fromEntries(outputs.map(({ name, data }) => [toLabelName(name), data])));
}

/** MLServer calls what scikit-learn's `predict` gives by the name of that method. */
function toLabelName(name: string): string {
  return name === "predict" ? "label" : name;
}

const lengthHeader = "inference-header-content-length";

/** The binary tensor extension, inputs and outputs alike. */
export function toOipBinary({ inputs }: Question): { headers: Record<string, string>; body: Buffer } {
  const tensors = inputs.map(toTensorBytes);
  const head = JSON.stringify({
    inputs: inputs.map(({ name, datatype, shape }, at) => ({
      name,
      datatype,
      shape,
      parameters: { binary_data_size: tensors[at]!.length },
    })),
    parameters: { binary_data_output: true },
  });
  return {
    headers: { "content-type": "application/octet-stream", [lengthHeader]: String(Buffer.byteLength(head)) },
    body: Buffer.concat([Buffer.from(head), ...tensors]),
  };
}

/** An answer with one output. */
export function fromOipBinary(body: Buffer, headers: Headers): Answer {
  const head = Number(headers.get(lengthHeader) ?? Number.NaN);
  if (Number.isNaN(head)) throw new Error("The answer is not binary.");
  return fromFloats(body.subarray(head));
}
