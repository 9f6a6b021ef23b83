import { join } from "node:path";
import { root } from "../../../tools/layer-list.ts";
import { fromFloats, fromNamedOutputs, toNamedJson, toNested, toRawBytes, type Question } from "../question.ts";
import type { HttpWay, Variant } from "../variant.ts";
import type { Work } from "../works.ts";

export const peersFolder = join(root, "bench/peers");

/** The largest batch that peers may form: as many as the closed loop has requests under way, so that none waits for more. */
export const maxBatch = 32;

export interface PeerSetup {
  readonly work: Work;
  /** The `bin` folder of the peer's Python environment. */
  readonly bin: string;
  /** A folder of the peer's own. */
  readonly room: string;
}

export interface Peer {
  readonly name: string;
  /** The best ones its documentation knows, to choose from. */
  variants(setup: PeerSetup): readonly Variant[];
}

/** What every combination of a few settings is called, and the settings. */
export interface Setting {
  readonly name: string;
  readonly model: string;
  readonly batching: boolean;
  readonly binary: boolean;
}

/** Each file of the model, with and without batching, and on the wire JSON or bytes. */
export function combine(work: Work, can: { readonly batching: boolean; readonly binary: boolean }): readonly Setting[] {
  const models = [
    ...(work.onnx === undefined ? [] : [{ kind: "ONNX", model: work.onnx }]),
    ...(work.pickle === undefined ? [] : [{ kind: "scikit-learn", model: work.pickle }]),
  ];
  const wires = !can.binary || !work.plain ? [false] : work.large ? [true] : [false, true];
  return models.flatMap(({ kind, model }) =>
    (can.batching ? [false, true] : [false]).flatMap((batching) =>
      wires.map((binary) => ({
        name: [kind, ...(batching ? ["batching"] : []), binary ? "binary" : "JSON"].join(", "),
        model,
        batching,
        binary,
      })),
    ),
  );
}

/** For bench/peers/common/model.py. */
export function toEnvironment({ model, batching, binary }: Setting): Record<string, string> {
  return {
    BENCH_MODEL: model,
    BENCH_BATCHING: batching ? "on" : "off",
    BENCH_WIRE: binary ? "binary" : "json",
    BENCH_MAX_BATCH: String(maxBatch),
    PYTHONPATH: join(peersFolder, "common"),
    PYTHONDONTWRITEBYTECODE: "1",
    // Libraries that would start a thread for each core of the machine; the server has one.
    OMP_NUM_THREADS: "1",
    OPENBLAS_NUM_THREADS: "1",
  };
}

const octets = { "content-type": "application/octet-stream" };

/** The way of the programs of bench/peers that are their user's own. */
export function toOwnWay(binary: boolean): HttpWay {
  if (binary)
    return {
      protocol: "http",
      request: (question) => ({ method: "POST", path: "/predict", headers: octets, body: toRawBytes(question) }),
      answer: fromFloats,
    };
  return {
    protocol: "http",
    request: (question) => ({ method: "POST", path: "/predict", body: toNamedJson(question) }),
    answer: (body) => fromNamedOutputs(JSON.parse(body.toString()) as Record<string, unknown>),
  };
}

/** Nested lists of the one input, or one record of several. */
export function toRows({ inputs }: Question): unknown {
  const [first, ...others] = inputs;
  if (first !== undefined && others.length === 0) return toNested(first);
  return [Object.fromEntries(inputs.map(({ name, data }) => [name, data[0]]))];
}
