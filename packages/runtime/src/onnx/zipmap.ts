import type { ModelProto, NodeProto, ValueInfo } from "./model-proto.ts";
import { encodeBytesField, encodeTextField, encodeVarintField, WireReader } from "./wire.ts";

export interface ZipMapRemoval {
  /** The pieces of the new file, one after another; most are views of the old one. */
  readonly pieces: readonly Uint8Array[];
  /** Class names of each output that a ZipMap made, in the order of the columns. */
  readonly classes: ReadonlyMap<string, readonly string[]>;
}

const floatType = 1;

/**
 * scikit-learn exporters end a classifier with a ZipMap, which turns the probabilities [N, K] into a list of maps, a type
 * that no serving protocol has. An Identity takes its place, so that the output keeps its name and becomes a float tensor
 * [N, K]; the class labels go out with the answer. Every byte that has nothing to do with it stays.
 * Null where there is no ZipMap to remove; a ZipMap whose maps are used inside of the graph is left alone.
 */
export function removeZipMaps(bytes: Uint8Array, model: ModelProto): ZipMapRemoval | null {
  const outputs = new Map(model.outputs.map((output) => [output.name, output]));
  const consumed = new Set(model.nodes.flatMap((node) => node.inputs));
  const zipMaps = model.nodes.filter((node) => isTerminalZipMap(node, outputs, consumed));
  if (zipMaps.length === 0) return null;

  const classes = new Map<string, readonly string[]>();
  const edits: Edit[] = [];
  for (const node of zipMaps) {
    const [input, output] = [node.inputs[0]!, node.outputs[0]!];
    const labels = readLabels(bytes, node);
    const info = outputs.get(output)!;
    classes.set(output, labels);
    edits.push({
      ...node,
      pieces: encodeBytesField(1, [
        encodeTextField(1, input),
        encodeTextField(2, output),
        encodeTextField(4, "Identity"),
      ]),
    });
    edits.push({ ...info, pieces: encodeBytesField(12, floatMatrix(output, batchOf(model), labels.length)) });
  }
  return { pieces: withGraph(bytes, model, applyEdits(bytes, model, edits)), classes };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly pieces: readonly Uint8Array[];
}

function isTerminalZipMap(node: NodeProto, outputs: ReadonlyMap<string, ValueInfo>, consumed: ReadonlySet<string>) {
  const output = node.outputs[0];
  return (
    node.opType === "ZipMap" &&
    node.domain === "ai.onnx.ml" &&
    node.inputs.length === 1 &&
    output !== undefined &&
    outputs.has(output) &&
    !consumed.has(output)
  );
}

/** `classlabels_strings` or `classlabels_int64s` of the node. */
function readLabels(bytes: Uint8Array, node: NodeProto): string[] {
  const labels: string[] = [];
  const field = new WireReader(bytes, node.start);
  field.next();
  const reader = field.message();
  while (reader.next()) {
    if (reader.field !== 5) continue;
    const attribute = reader.message();
    while (attribute.next()) {
      if (attribute.field === 9) labels.push(attribute.text());
      else if (attribute.field === 8) labels.push(...readIntegers(attribute));
    }
  }
  return labels;
}

/** Repeated int64, packed or not. */
function readIntegers(field: WireReader): string[] {
  const view = field.type === 2 ? field.view() : field.bytes.subarray(field.valueStart, field.end);
  const labels: string[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of view) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    labels.push(String(BigInt.asIntN(64, value)));
    value = shift = 0n;
  }
  return labels;
}

/** The first dimension of the first input: what the batch is called in this file. */
function batchOf(model: ModelProto): number | string | null {
  return model.inputs[0]?.shape?.[0] ?? null;
}

/** The content of a ValueInfoProto: tensor(float)[batch, columns]. */
function floatMatrix(name: string, batch: number | string | null, columns: number): Uint8Array[] {
  const first =
    batch === null ? [] : [typeof batch === "number" ? encodeVarintField(1, batch) : encodeTextField(2, batch)];
  const shape = [...encodeBytesField(1, first), ...encodeBytesField(1, [encodeVarintField(1, columns)])];
  const tensor = [encodeVarintField(1, floatType), ...encodeBytesField(2, shape)];
  return [encodeTextField(1, name), ...encodeBytesField(2, encodeBytesField(1, tensor))];
}

function applyEdits(bytes: Uint8Array, model: ModelProto, edits: Edit[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = model.graphStart;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    pieces.push(bytes.subarray(at, edit.start), ...edit.pieces);
    at = edit.end;
  }
  pieces.push(bytes.subarray(at, model.graphEnd));
  return pieces;
}

/** The file with another graph, and with the ai.onnx operators that an Identity needs. */
function withGraph(bytes: Uint8Array, model: ModelProto, graph: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field !== 7) pieces.push(bytes.subarray(reader.start, reader.end));
    else if (reader.valueStart === model.graphStart) pieces.push(...encodeBytesField(7, graph));
  }
  if (!model.opsets.has("")) pieces.push(...encodeBytesField(8, [encodeTextField(1, ""), encodeVarintField(2, 13)]));
  return pieces;
}
