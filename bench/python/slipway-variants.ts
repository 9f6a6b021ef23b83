import type { From } from "../../test/lib/entry.ts";
import { startSlipway } from "../lib/slipway-peer.ts";
import { fromOipJson, toOipJson } from "../serving/oip.ts";
import { fromNamedOutputs, type Question } from "../serving/question.ts";
import { createMark } from "../serving/running-program.ts";
import type { HttpWay, Variant } from "../serving/variant.ts";
import type { PythonWork } from "./works.ts";

const infer = "/v2/models/bench/infer";

const oipWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: infer, body: toOipJson(question) }),
  answer: fromOipJson,
};

/** One record, whose columns scikit-learn left without names. */
const predictWay: HttpWay = {
  protocol: "http",
  request: (question) => ({
    method: "POST",
    path: "/api/v1/endpoints/bench/predict",
    body: JSON.stringify(Object.fromEntries([...question.inputs[0]!.data].map((value, at) => [`x${at}`, value]))),
  }),
  answer: (body) =>
    fromNamedOutputs((JSON.parse(body.toString()) as { prediction: Readonly<Record<string, unknown>> }).prediction),
};

/** Bytes both ways, and the probabilities alone. */
const binaryWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: infer, ...toBinaryDoubles(question) }),
  answer: (body, headers) => {
    const head = Number(headers.get("inference-header-content-length"));
    return { labels: null, numbers: [...new Float64Array(Uint8Array.from(body.subarray(head)).buffer)] };
  },
};

function toBinaryDoubles(question: Question): { headers: Record<string, string>; body: Buffer } {
  const [input] = question.inputs;
  const bytes = Buffer.from(Float64Array.from(input!.data as ArrayLike<number>).buffer);
  const head = JSON.stringify({
    inputs: [
      { name: input!.name, datatype: "FP64", shape: input!.shape, parameters: { binary_data_size: bytes.length } },
    ],
    outputs: [{ name: "probabilities", parameters: { binary_data: true } }],
  });
  return {
    headers: {
      "content-type": "application/octet-stream",
      "inference-header-content-length": String(Buffer.byteLength(head)),
    },
    body: Buffer.concat([Buffer.from(head), bytes]),
  };
}

/** As it starts by default, its prediction log on. */
export function listPythonVariants(work: PythonWork, from: From): readonly Variant[] {
  const start = async () => {
    const mark = createMark();
    const slipway = await startSlipway(work.deploy, [], { from, env: mark.env });
    return { url: slipway.url, pids: mark.pids, stop: slipway.end };
  };
  if (work.large) return [{ name: "OIP binary", way: binaryWay, start }];
  return [
    { name: "predict", way: predictWay, start },
    { name: "OIP JSON", way: oipWay, start },
  ];
}
