import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ClientDuplexStream,
  credentials,
  loadPackageDefinition,
  Metadata,
  status,
  type CallOptions,
  type ChannelCredentials,
  type ClientOptions,
  type GrpcObject,
  type ServiceClientConstructor,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer, loadSync } from "@grpc/proto-loader";
import { protoFolder } from "../../tools/proto.ts";
import type { AnyJson } from "./fetch-json.ts";

export { status as grpcStatus };

/** How a call ended: a status, what was answered, and the metadata behind it. */
export interface GrpcAnswer {
  readonly code: status;
  readonly message: string;
  readonly body: AnyJson;
  readonly trailers: Readonly<Record<string, unknown>>;
}

export interface GrpcCallOptions extends CallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Cancels the call when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface GrpcClient {
  /** Ends with any status. @param method of GRPCInferenceService, or another one of the service that the client is for */
  call(method: string, request?: object, options?: GrpcCallOptions): Promise<GrpcAnswer>;
  /** A call of many messages. @param only the request of a method that takes one and answers many */
  open(method: string, options?: Omit<GrpcCallOptions, "signal">, only?: object): GrpcStream;
  close(): void;
}

export interface GrpcStream {
  readonly stream: ClientDuplexStream<object, AnyJson>;
  readonly answers: AnyJson[];
  readonly ended: Promise<Omit<GrpcAnswer, "body">>;
  /** Resolves when so many answers are there. */
  until(count: number): Promise<void>;
}

export interface GrpcTarget {
  readonly proto?: string;
  readonly service?: string;
  /** A FileDescriptorSet to make the stubs of, in the place of the .proto file. */
  readonly descriptors?: Buffer;
  readonly token?: string;
  /** A certificate that is trusted; without it the connection is in the clear. */
  readonly certificate?: string;
  readonly options?: ClientOptions;
}

const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };

/** The client of grpc-js with stubs of a .proto file of ours. */
export function createGrpcClient(address: string, target: GrpcTarget = {}): GrpcClient {
  const { proto = "inference.proto", service = "inference.GRPCInferenceService", token, certificate } = target;
  const reading = { keepCase: true, longs: String, defaults: true, enums: String, oneofs: true } as const;
  const types = target.descriptors
    ? loadFileDescriptorSetFromBuffer(target.descriptors, reading)
    : loadSync(join(protoFolder, proto), reading);
  const Service = service
    .split(".")
    .reduce<unknown>((at, name) => (at as GrpcObject)[name], loadPackageDefinition(types));
  const secure: ChannelCredentials =
    certificate === undefined ? credentials.createInsecure() : credentials.createSsl(readFileSync(certificate));
  const client = new (Service as ServiceClientConstructor)(address, secure, { ...unlimited, ...target.options });
  const toMetadata = (given: Readonly<Record<string, string>> = {}): Metadata => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(given)) metadata.set(name, value);
    if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
    return metadata;
  };
  const methods = client as unknown as Record<string, (...given: unknown[]) => AnyJson>;
  return {
    call(method, request = {}, { metadata, signal, ...options } = {}) {
      return new Promise((resolve) => {
        let body: unknown = null;
        const call = methods[method]!(
          request,
          toMetadata(metadata),
          options,
          (_error: ServiceError | null, answer: unknown) => {
            body = answer;
          },
        );
        call.on("status", (end: { code: status; details: string; metadata: Metadata }) =>
          // The answer is told after the status.
          setImmediate(() => resolve({ code: end.code, message: end.details, body, trailers: end.metadata.getMap() })),
        );
        signal?.addEventListener("abort", () => call.cancel());
      });
    },
    open(method, { metadata, ...options } = {}, only) {
      const given = only === undefined ? [] : [only];
      return follow(methods[method]!(...given, toMetadata(metadata), options));
    },
    close: () => client.close(),
  };
}

/** What comes on a stream, kept. */
function follow(stream: ClientDuplexStream<object, AnyJson>): GrpcStream {
  const answers: AnyJson[] = [];
  let waiting: { count: number; resolve: () => void } | null = null;
  stream.on("data", (answer: unknown) => {
    answers.push(answer);
    if (waiting !== null && answers.length >= waiting.count) waiting.resolve();
  });
  stream.on("error", () => {});
  const ended = new Promise<Omit<GrpcAnswer, "body">>((resolve) => {
    stream.on("status", ({ code, details, metadata }: { code: status; details: string; metadata: Metadata }) =>
      resolve({ code, message: details, trailers: metadata.getMap() }),
    );
  });
  return {
    stream,
    answers,
    ended,
    until: (count) =>
      answers.length >= count ? Promise.resolve() : new Promise((resolve) => (waiting = { count, resolve })),
  };
}
