import { execFile } from "node:child_process";
import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "../../tools/layer-list.ts";
import { benchModels } from "../models/models.ts";
import type { Question } from "./question.ts";

/** One thing that is asked of all peers. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** Left out: there is none, and peers have the pickle. */
  readonly onnx?: string;
  /** The same model as scikit-learn pickles it. */
  readonly pickle?: string;
  /** What `slipway deploy` takes. */
  readonly deploy: string;
  /** One input of floats and one output of floats, so that bytes can be sent as they are. */
  readonly plain: boolean;
  /** Larger than a text should be: only in JSON where a peer has nothing else. */
  readonly large: boolean;
  /** The first one is measured, all are checked. */
  readonly questions: readonly [Question, ...Question[]];
}

export const workNames = ["iris", "flights", "mlp", "mlp64", "convolution"] as const;
export type WorkName = (typeof workNames)[number];

const flights = join(root, "examples/flight-delays/v2");

/**
 * Writes the models into a folder.
 * @param python with scikit-learn, for its pickle of the iris model; without it peers have the ONNX file alone
 */
export async function makeWorks(folder: string, python: string | null): Promise<readonly Work[]> {
  mkdirSync(folder, { recursive: true });
  for (const name of ["mlp", "convolution"] as const) writeFileSync(join(folder, `${name}.onnx`), benchModels[name]());
  cpSync(join(flights, "model.onnx"), join(folder, "flights.onnx"));
  cpSync(join(root, "packages/runtime/src/onnx/testing/models/iris-int.onnx"), join(folder, "iris.onnx"));
  if (python !== null) await promisify(execFile)(python, [join(root, "bench/models/make-iris.py"), folder]);
  const at = (file: string) => join(folder, file);
  const plain = { plain: true, large: false };
  const mlp = { onnx: at("mlp.onnx"), deploy: at("mlp.onnx") };
  return [
    {
      name: "iris",
      title: "logistic regression of four numbers, one row",
      onnx: at("iris.onnx"),
      ...(python === null ? {} : { pickle: at("iris.pkl") }),
      deploy: at("iris.onnx"),
      plain: false,
      large: false,
      questions: askFloats({ name: "X", rows: 1, shape: [4], scale: 7 }),
    },
    {
      name: "flights",
      title: "flight-delay v2, six columns with text, one row",
      onnx: at("flights.onnx"),
      deploy: flights,
      plain: false,
      large: false,
      questions: askFlights(),
    },
    {
      name: "mlp",
      title: "MLP 128-512-512-10, one row",
      ...mlp,
      ...plain,
      questions: askFloats({ name: "x", rows: 1, shape: [128], scale: 1 }),
    },
    {
      name: "mlp64",
      title: "MLP 128-512-512-10, 64 rows",
      ...mlp,
      ...plain,
      large: true,
      questions: askFloats({ name: "x", rows: 64, shape: [128], scale: 1 }),
    },
    {
      name: "convolution",
      title: "three convolutions on 3 x 64 x 64, one row",
      onnx: at("convolution.onnx"),
      deploy: at("convolution.onnx"),
      ...plain,
      large: true,
      questions: askFloats({ name: "image", rows: 1, shape: [3, 64, 64], scale: 1 }),
    },
  ];
}

const questionsEach = 8;

export interface FloatsOrder {
  readonly name: string;
  readonly rows: number;
  readonly shape: readonly number[];
  readonly scale: number;
}

/** Values of three decimals, as people send them. */
export function askFloats({ name, rows, shape, scale }: FloatsOrder): [Question, ...Question[]] {
  const size = shape.reduce((product, each) => product * each, rows);
  const ask = (seed: number): Question => {
    const value = (at: number) => (scale * ((at * 7_919 + seed * 104_729) % 1_000)) / 1_000;
    const data = Float32Array.from({ length: size }, (_, at) => Math.round(value(at + 1) * 1_000) / 1_000);
    return { rows, inputs: [{ name, datatype: "FP32", shape: [rows, ...shape], data }] };
  };
  return [ask(0), ...Array.from({ length: questionsEach - 1 }, (_, at) => ask(at + 1))];
}

function askFlights(): [Question, ...Question[]] {
  const airports = ["ORD", "SFO", "ATL", "JFK", "DEN", "?"];
  const ask = (at: number): Question => {
    const one = { shape: [1, 1] };
    return {
      rows: 1,
      inputs: [
        { name: "origin", datatype: "BYTES", ...one, data: [airports[at % 6]!] },
        { name: "destination", datatype: "BYTES", ...one, data: [airports[(at + 1) % 6]!] },
        { name: "hour", datatype: "INT64", ...one, data: [(18 + at) % 24] },
        { name: "weekday", datatype: "INT64", ...one, data: [at % 7] },
        { name: "distance", datatype: "FP32", ...one, data: [1846 - at * 100] },
        { name: "origin_late_3h", datatype: "FP32", ...one, data: [at / 16] },
      ],
    };
  };
  return [ask(3), ...Array.from({ length: questionsEach - 1 }, (_, at) => ask(at))];
}
