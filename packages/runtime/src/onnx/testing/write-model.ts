import { encodeBytesField, encodeTextField, encodeVarintField } from "../wire.ts";

/**
 * Writes ONNX files without Python, as much of the format as the models of tests and benchmarks need.
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export interface ModelParts {
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  readonly nodes: readonly Node[];
  readonly weights: readonly Weights[];
}

/** A tensor of 32-bit floats; null is the batch. */
interface Port {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

export interface Node {
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Integers, or lists of them. */
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

export interface Weights {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const floatType = 1;
const kinds = { int: 2, ints: 7 } as const;

export function encodeModel({ inputs, outputs, nodes, weights }: ModelParts): Buffer {
  const graph = [
    ...nodes.flatMap((node) => message(1, encodeNode(node))),
    encodeTextField(2, "graph"),
    ...weights.flatMap((tensor) => message(5, encodeWeights(tensor))),
    ...inputs.flatMap((port) => message(11, encodePort(port))),
    ...outputs.flatMap((port) => message(12, encodePort(port))),
  ];
  // IR version 8, operator set 17 of ONNX itself.
  return Buffer.concat([encodeVarintField(1, 8), ...message(7, graph), ...message(8, [encodeVarintField(2, 17)])]);
}

function message(field: number, content: readonly Uint8Array[]): Uint8Array[] {
  return encodeBytesField(field, content);
}

function encodeNode({ type, inputs, outputs, attributes = {} }: Node): Uint8Array[] {
  return [
    ...inputs.map((name) => encodeTextField(1, name)),
    ...outputs.map((name) => encodeTextField(2, name)),
    encodeTextField(4, type),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, encodeAttribute(name, value))),
  ];
}

function encodeAttribute(name: string, value: number | readonly number[]): Uint8Array[] {
  if (typeof value === "number")
    return [encodeTextField(1, name), encodeVarintField(3, value), encodeVarintField(20, kinds.int)];
  return [
    encodeTextField(1, name),
    ...value.map((each) => encodeVarintField(8, each)),
    encodeVarintField(20, kinds.ints),
  ];
}

function encodeWeights({ name, shape, data }: Weights): Uint8Array[] {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return [
    ...shape.map((size) => encodeVarintField(1, size)),
    encodeVarintField(2, floatType),
    encodeTextField(8, name),
    ...message(9, [raw]),
  ];
}

function encodePort({ name, shape }: Port): Uint8Array[] {
  const dimensions = shape.flatMap((size) =>
    message(1, [size === null ? encodeTextField(2, "N") : encodeVarintField(1, size)]),
  );
  const tensorType = [encodeVarintField(1, floatType), ...message(2, dimensions)];
  return [encodeTextField(1, name), ...message(2, message(1, tensorType))];
}

/** The same numbers on every machine, evenly spread around 0, small enough that sums of `fanIn` of them stay near 1. */
export function makeWeights(
  name: string,
  shape: readonly number[],
  { seed, fanIn }: { readonly seed: number; readonly fanIn: number },
): Weights {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const scale = 2 * Math.sqrt(6 / fanIn);
  let state = seed >>> 0;
  for (let i = 0; i < data.length; i++) {
    // A linear congruential generator; its upper bits are good enough for weights.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = (state / 2 ** 32 - 0.5) * scale;
  }
  return { name, shape, data };
}
