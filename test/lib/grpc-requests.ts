import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { loadSync, type ServiceDefinition } from "@grpc/proto-loader";
import { onTestFinished } from "vitest";
import { protoFolder } from "../../tools/proto.ts";
import { fetchJson } from "./fetch-json.ts";
import { createGrpcClient, type GrpcClient, type GrpcTarget } from "./grpc-client.ts";

// Requests of the tests of gRPC, and other ways to send them than a client library has.

export function toBytes(data: Float32Array | Uint16Array | Int32Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}

export const iris = { name: "X", datatype: "FP32", shape: [1, 4] };
const setosa = [5.1, 3.5, 1.4, 0.2];
/** Elements in their own field. */
export const typed = { model_name: "iris", inputs: [{ ...iris, contents: { fp32_contents: setosa } }] };
export const raw = { model_name: "iris", inputs: [iris], raw_input_contents: [toBytes(Float32Array.from(setosa))] };

/** A request that takes some 20 ms, and longer where others are before it: nothing is batched. */
export function slow(more: object = {}): object {
  const inputs = [{ name: "X", datatype: "FP32", shape: [1, 1] }];
  return { model_name: "slow", inputs, raw_input_contents: [toBytes(Float32Array.of(1))], ...more };
}

/** How to serve the slow model. */
export const oneByOne = { serve: { timeout: "60s", batching: "off" } };

/** Requests to a model that have begun and not ended, as the metrics tell. */
export async function inFlight(url: string, endpoint: string): Promise<number> {
  const { body } = await fetchJson<string>(`${url}/metrics`);
  const pattern = new RegExp(`^slipway_requests_in_flight\\{[^}]*endpoint="${endpoint}"[^}]*\\} (\\d+)`, "m");
  return Number(pattern.exec(body)?.[1]);
}

/** Closed at the end of the test. */
export function openClient(address: string, target: GrpcTarget = {}): GrpcClient {
  const opened = createGrpcClient(address, target);
  onTestFinished(() => opened.close());
  return opened;
}

/** Watch has one request, which grpc-js sends with the call. */
export function watch(open: GrpcClient["open"], service: string): ReturnType<GrpcClient["open"]> {
  return open("Watch", {}, { service });
}

export interface Http2Answer {
  readonly status: number;
  /** Of gRPC. */
  readonly code: number | null;
  readonly message: string;
}

/** A call with headers that no client library sends. */
export function askHttp2(
  address: string,
  headers: Record<string, string>,
  body: Buffer = Buffer.alloc(5),
): Promise<Http2Answer> {
  const session = connectHttp2(`http://${address}`);
  return new Promise((resolve, reject) => {
    session.once("error", reject);
    const stream = session.request({
      ":method": "POST",
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let all: Record<string, unknown> = {};
    const take = (more: object) => (all = { ...all, ...more });
    stream.on("response", take).on("trailers", take).on("error", reject).resume();
    stream.once("close", () => {
      session.close();
      const code = all["grpc-status"];
      resolve({
        status: Number(all[":status"]),
        code: code === undefined ? null : Number(code),
        message: String(all["grpc-message"]),
      });
    });
    stream.end(headers[":method"] === "GET" ? undefined : body);
  });
}

const { ModelInfer } = loadSync(join(protoFolder, "inference.proto"), { keepCase: true })[
  "inference.GRPCInferenceService"
] as ServiceDefinition;

/** The frame of a ModelInfer request. */
export function toFrame(request: object): Buffer {
  const bytes = ModelInfer!.requestSerialize(request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}
