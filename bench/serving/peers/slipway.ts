import type { From } from "../../../test/lib/entry.ts";
import { startSlipway } from "../../lib/slipway-peer.ts";
import { fromOipBinary, fromOipJson, toOipBinary, toOipJson } from "../oip.ts";
import { fromNamedOutputs, toNested, type Question } from "../question.ts";
import { createMark, type RunningServer } from "../running-program.ts";
import type { HttpWay, Variant } from "../variant.ts";
import type { Work } from "../works.ts";

const infer = "/v2/models/bench/infer";

/** The Open Inference Protocol in JSON, whose answers all others are compared with. */
export const oipWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: infer, body: toOipJson(question) }),
  answer: fromOipJson,
};

const binaryWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: infer, ...toOipBinary(question) }),
  answer: fromOipBinary,
};

/** Slipway's own face: one record, or a list of them. */
const predictWay: HttpWay = {
  protocol: "http",
  request: (question) => ({ method: "POST", path: "/api/v1/endpoints/bench/predict", body: toRecords(question) }),
  answer: (body) => {
    const { prediction, predictions } = JSON.parse(body.toString()) as Record<string, Record<string, unknown>>;
    return fromNamedOutputs(prediction ?? { predictions });
  },
};

function toRecords({ rows, inputs }: Question): string {
  const columns = inputs.map((input) => {
    // A column of [N, 1] is one value a row.
    const shape = input.shape.length === 2 && input.shape[1] === 1 ? [rows] : input.shape;
    return [input.name, toNested({ ...input, shape }) as unknown[]] as const;
  });
  const records = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]])),
  );
  return JSON.stringify(rows === 1 ? records[0] : records);
}

export interface SlipwaySetup {
  readonly work: Work;
  readonly from: From;
  readonly grpc: boolean;
}

/** As it starts by default, its prediction log on. All ways ask the same server. */
export function listSlipwayVariants({ work, from, grpc }: SlipwaySetup): readonly Variant[] {
  const start = async (): Promise<RunningServer> => {
    const mark = createMark();
    const slipway = await startSlipway(work.deploy, [], { from, env: mark.env });
    return { url: slipway.url, grpc: slipway.grpc, pids: mark.pids, stop: slipway.end };
  };
  if (grpc) return [{ name: "gRPC, raw contents", way: { protocol: "grpc", model: "bench" }, start }];
  return [
    ...(work.large
      ? []
      : [
          { name: "predict", way: predictWay, start },
          { name: "OIP JSON", way: oipWay, start },
        ]),
    ...(work.plain ? [{ name: "OIP binary", way: binaryWay, start }] : []),
  ];
}
