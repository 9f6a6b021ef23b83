import { WireReader } from "./wire.ts";

/**
 * What Slipway reads of an ONNX file itself, before ONNX Runtime sees it. Field numbers are those of
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export interface ModelProto {
  /** Offsets of the graph's content in the file. */
  readonly graphStart: number;
  readonly graphEnd: number;
  /** Versions of the operator sets, by domain; "" is ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly nodes: readonly NodeProto[];
  /** The bodies of the functions that the model brings along; a node of the graph may stand for one. */
  readonly functionNodes: readonly NodeProto[];
  /** `location` of every tensor whose data lies in another file, each once, in order of appearance. */
  readonly externalFiles: readonly string[];
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ValueInfo {
  readonly name: string;
  readonly kind: "tensor" | "sparse tensor" | "sequence" | "map" | "optional" | "unknown";
  /** TensorProto.DataType; 0 where the file does not say. */
  readonly elementType: number;
  /** A number, a symbol or null (no word) for each dimension; null where the file does not even say the rank. */
  readonly shape: readonly (number | string | null)[] | null;
  /** Offsets of the whole field, tag included. */
  readonly start: number;
  readonly end: number;
}

export interface NodeProto {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly start: number;
  readonly end: number;
}

/** Subgraphs in subgraphs: more than anyone has, few enough for the stack. */
const maxDepth = 64;

/** @throws WireError where the bytes are no protobuf; null where they are, but hold no graph */
export function readModelProto(bytes: Uint8Array): ModelProto | null {
  const opsets = new Map<string, number>();
  const metadata = new Map<string, string>();
  const external = new Set<string>();
  const functionNodes: NodeProto[] = [];
  let graph: WireReader | null = null;
  const reader = new WireReader(bytes);
  while (reader.next()) {
    if (reader.field === 7) graph = reader.message();
    else if (reader.field === 8) readOpset(reader.message(), opsets);
    else if (reader.field === 14) {
      const [key, value] = readEntry(reader.message());
      metadata.set(key, value);
    } else if (reader.field === 25) functionNodes.push(...readFunction(reader.message(), external));
  }
  if (graph === null) return null;
  const graphStart = graph.end;
  const parts = readGraph(graph, external, 0);
  const externalFiles = [...external];
  return { graphStart, graphEnd: graph.end, opsets, ...parts, functionNodes, externalFiles, metadata };
}

/** The nodes of a FunctionProto. */
function readFunction(reader: WireReader, external: Set<string>): NodeProto[] {
  const nodes: NodeProto[] = [];
  while (reader.next()) if (reader.field === 7) nodes.push(readNode(reader, external, 0));
  return nodes;
}

function readGraph(reader: WireReader, external: Set<string>, depth: number) {
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const nodes: NodeProto[] = [];
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader, external, depth));
    else if (reader.field === 5) readTensor(reader.message(), external);
    else if (reader.field === 11) inputs.push(readValueInfo(reader));
    else if (reader.field === 12) outputs.push(readValueInfo(reader));
    else if (reader.field === 15) readSparseTensor(reader.message(), external);
  }
  return { inputs, outputs, nodes };
}

function readNode(field: WireReader, external: Set<string>, depth: number): NodeProto {
  const inputs: string[] = [];
  const outputs: string[] = [];
  let opType = "";
  let domain = "";
  const reader = field.message();
  while (reader.next()) {
    if (reader.field === 1) inputs.push(reader.text());
    else if (reader.field === 2) outputs.push(reader.text());
    else if (reader.field === 4) opType = reader.text();
    else if (reader.field === 5) readAttribute(reader.message(), external, depth);
    else if (reader.field === 7) domain = reader.text();
  }
  return { opType, domain, inputs, outputs, start: field.start, end: field.end };
}

/** Looks for tensors and subgraphs only; lists of numbers are stepped over. */
function readAttribute(reader: WireReader, external: Set<string>, depth: number): void {
  while (reader.next()) {
    if (reader.field === 5 || reader.field === 10) readTensor(reader.message(), external);
    else if (reader.field === 22 || reader.field === 23) readSparseTensor(reader.message(), external);
    else if ((reader.field === 6 || reader.field === 11) && depth < maxDepth)
      readGraph(reader.message(), external, depth + 1);
  }
}

function readTensor(reader: WireReader, external: Set<string>): void {
  let location: string | null = null;
  let isExternal = false;
  while (reader.next()) {
    if (reader.field === 14) isExternal = reader.varint === 1;
    else if (reader.field === 13) {
      const [key, value] = readEntry(reader.message());
      if (key === "location") location = value;
    }
  }
  if (isExternal && location !== null) external.add(location);
}

function readSparseTensor(reader: WireReader, external: Set<string>): void {
  while (reader.next()) if (reader.field === 1 || reader.field === 2) readTensor(reader.message(), external);
}

const valueKinds: Readonly<Record<number, ValueInfo["kind"]>> = {
  1: "tensor",
  4: "sequence",
  5: "map",
  8: "sparse tensor",
  9: "optional",
};

function readValueInfo(field: WireReader): ValueInfo {
  const found = { name: "", kind: "unknown" as ValueInfo["kind"], elementType: 0, shape: null as ValueInfo["shape"] };
  const reader = field.message();
  while (reader.next()) {
    if (reader.field === 1) found.name = reader.text();
    if (reader.field !== 2) continue;
    const type = reader.message();
    while (type.next()) {
      const kind = valueKinds[type.field];
      if (kind === undefined) continue;
      found.kind = kind;
      if (kind === "tensor") Object.assign(found, readTensorType(type.message()));
    }
  }
  return { ...found, start: field.start, end: field.end };
}

function readTensorType(reader: WireReader): Pick<ValueInfo, "elementType" | "shape"> {
  let elementType = 0;
  let shape: ValueInfo["shape"] = null;
  while (reader.next()) {
    if (reader.field === 1) elementType = reader.varint;
    else if (reader.field === 2) shape = readShape(reader.message());
  }
  return { elementType, shape };
}

function readShape(reader: WireReader): (number | string | null)[] {
  const shape: (number | string | null)[] = [];
  while (reader.next()) {
    if (reader.field !== 1) continue;
    let size: number | string | null = null;
    const dimension = reader.message();
    while (dimension.next()) {
      if (dimension.field === 1) size = dimension.varint;
      else if (dimension.field === 2) size = dimension.text();
    }
    shape.push(size);
  }
  return shape;
}

function readOpset(reader: WireReader, opsets: Map<string, number>): void {
  let domain = "";
  let version = 0;
  while (reader.next()) {
    if (reader.field === 1) domain = reader.text();
    else if (reader.field === 2) version = reader.varint;
  }
  opsets.set(domain === "ai.onnx" ? "" : domain, version);
}

/** StringStringEntryProto. */
function readEntry(reader: WireReader): [key: string, value: string] {
  let key = "";
  let value = "";
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = reader.text();
  }
  return [key, value];
}
