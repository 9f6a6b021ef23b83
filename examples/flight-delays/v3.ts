// A version that should not go live: v2, but inside of its graph origin_late_3h is taken for percent and multiplied by 100. It is what a wrong line in
// a training script looks like from outside: the same signature, the same speed, no error, and examples that it answers itself.
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";

const column = "origin_late_3h";
const factor = 100;

/** Writes a folder that can be deployed, with the model, its examples and slipway.yaml. */
export async function makeV3(folder: string): Promise<string> {
  const v2 = new URL("./v2/", import.meta.url);
  const read = (name: string) => readFile(new URL(name, v2));
  await mkdir(folder, { recursive: true });
  const model = scaleInput(await read("model.onnx"));
  await writeFile(join(folder, "model.onnx"), model);
  const examples = JSON.parse(String(await read("examples.json"))) as Example[];
  await writeFile(join(folder, "examples.json"), JSON.stringify(await answerAnew(model, examples)));
  await cp(new URL("reference.parquet", v2), join(folder, "reference.parquet"));
  await writeFile(join(folder, "slipway.yaml"), await read("slipway.yaml"));
  return folder;
}

interface Example {
  readonly inputs: Readonly<Record<string, string | number | null>>;
  outputs: unknown;
}

async function answerAnew(model: Uint8Array, examples: readonly Example[]): Promise<Example[]> {
  const session = await InferenceSession.create(model);
  const toColumn = (name: string) => examples.map(({ inputs }) => inputs[name] ?? Number.NaN);
  const feeds = Object.fromEntries(session.inputNames.map((name) => [name, toTensor(name, toColumn(name))] as const));
  const { late } = await session.run(feeds);
  const answers = late!.data as Float32Array;
  return examples.map(({ inputs }, i) => ({
    inputs,
    outputs: { late: { on_time: answers[2 * i], late: answers[2 * i + 1] } },
  }));
}

function toTensor(name: string, values: readonly (string | number)[]): Tensor {
  const shape = [values.length, 1];
  if (name === "origin" || name === "destination") return new Tensor("string", values.map(String), shape);
  if (name === "hour" || name === "weekday") return new Tensor("int64", BigInt64Array.from(values, BigInt), shape);
  return new Tensor("float32", Float32Array.from(values, Number), shape);
}

/** Of onnx.proto: the graph in a model; nodes and constants in a graph; inputs in a node. */
const modelGraph = 7;
const graphNode = 1;
const graphConstant = 5;
const nodeInput = 1;

/** Puts a multiplication before everybody who reads the column. */
export function scaleInput(model: Uint8Array): Uint8Array {
  const scaled = `${column}_scaled`;
  const constant = `${column}_factor`;
  const node = join8(text(1, column), text(1, constant), text(2, scaled), text(3, "scale"), text(4, "Mul"));
  // A scalar of 32-bit floats: data_type 1, its bytes in raw_data, its name.
  const tensor = join8(
    Uint8Array.of(2 << 3, 1),
    field(9, new Uint8Array(Float32Array.of(factor).buffer)),
    text(8, constant),
  );
  return edit(model, modelGraph, (graph) =>
    join8(
      field(graphNode, node),
      field(graphConstant, tensor),
      edit(graph, graphNode, (each) =>
        edit(each, nodeInput, (name) => (Buffer.from(name).toString() === column ? Buffer.from(scaled) : name)),
      ),
    ),
  );
}

/** A protobuf message with every field of that number (of bytes) replaced. https://protobuf.dev/programming-guides/encoding/ */
function edit(message: Uint8Array, number: number, change: (value: Uint8Array) => Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < message.length;) {
    const start = at;
    const tag = readVarint(message, at);
    const [of, type] = [tag.value >> 3, tag.value & 7];
    at = tag.end;
    if (type === 0) at = readVarint(message, at).end;
    else if (type === 1) at += 8;
    else if (type === 5) at += 4;
    else {
      const length = readVarint(message, at);
      at = length.end + length.value;
      if (of === number) {
        parts.push(field(of, change(message.subarray(length.end, at))));
        continue;
      }
    }
    parts.push(message.subarray(start, at));
  }
  return join8(...parts);
}

function readVarint(bytes: Uint8Array, from: number): { value: number; end: number } {
  let value = 0;
  for (let at = from, factor = 1; ; at++, factor *= 128) {
    const byte = bytes[at]!;
    value += (byte & 127) * factor;
    if (byte < 128) return { value, end: at + 1 };
  }
}

function field(number: number, value: Uint8Array): Uint8Array {
  return join8(varint((number << 3) | 2), varint(value.length), value);
}

function text(number: number, value: string): Uint8Array {
  return field(number, Buffer.from(value));
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let left = value; ; left = Math.floor(left / 128)) {
    if (left < 128) return Uint8Array.from([...bytes, left]);
    bytes.push((left % 128) | 128);
  }
}

function join8(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}
