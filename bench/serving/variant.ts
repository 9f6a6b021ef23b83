import type { RequestSpec } from "../../packages/cli/src/loadtest/http-connection.ts";
import { callGrpc, fromInferMessage, inferPath, toInferMessage } from "./grpc-message.ts";
import type { Answer, Question } from "./question.ts";
import type { RunningServer } from "./running-program.ts";

/** How a server is asked and answers. */
export type Way = HttpWay | GrpcWay;

export interface HttpWay {
  readonly protocol: "http";
  request(question: Question): RequestSpec;
  answer(body: Buffer, headers: Headers): Answer;
}

export interface GrpcWay {
  readonly protocol: "grpc";
  readonly model: string;
}

/** One way to run and to ask a peer. Each peer is measured with its best one. */
export interface Variant {
  readonly name: string;
  readonly way: Way;
  start(): Promise<RunningServer>;
}

export async function ask(server: RunningServer, way: Way, question: Question): Promise<Answer> {
  if (way.protocol === "grpc")
    return fromInferMessage(await callGrpc(requireGrpc(server), inferPath, toInferMessage(way.model, question)));
  const { method, path, headers = {}, body = "" } = way.request(question);
  const response = await fetch(server.url + path, {
    method,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : new Blob([Uint8Array.from(body)]),
    signal: AbortSignal.timeout(20_000),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${bytes.toString().slice(0, 300)}`);
  return way.answer(bytes, response.headers);
}

export function requireGrpc({ url, grpc }: RunningServer): string {
  if (grpc === undefined) throw new Error(`The server at ${url} has no port for gRPC.`);
  return grpc;
}
