import { grpcStatus, type GrpcStreamCall, type StreamHandler } from "../../platform/grpc/index.ts";
import { decodeMessage, encodeMessage, type Plain } from "./messages.ts";
import { protoFiles } from "./proto-types.ts";

/** Answers what there is and how it is declared. @param scope `grpc.reflection.v1` or its older name */
export function reflect(scope: string, call: GrpcStreamCall): StreamHandler {
  return {
    message(bytes) {
      const request = decodeMessage(`${scope}.ServerReflectionRequest`, bytes);
      const answer = { valid_host: request["host"], original_request: request, ...toAnswer(request) };
      call.send(encodeMessage(`${scope}.ServerReflectionResponse`, answer));
    },
    end: () => call.finish(),
    drain: () => call.finish(),
    onRoom: () => {},
  };
}

function toAnswer(request: Plain): object {
  if (request["list_services"] !== undefined) {
    const names = protoFiles.flatMap(({ services }) => services).toSorted();
    return { list_services_response: { service: names.map((name) => ({ name })) } };
  }
  const { file_by_filename: file, file_containing_symbol: symbol, all_extension_numbers_of_type: type } = request;
  if (typeof type === "string" && protoFiles.some(({ symbols }) => symbols.has(type)))
    return { all_extension_numbers_response: { base_type_name: type } };
  const found = protoFiles.find(({ name, symbols }) => name === file || symbols.has(String(symbol)));
  if (found) return { file_descriptor_response: { file_descriptor_proto: [found.bytes] } };
  const what = JSON.stringify(file ?? symbol ?? type ?? "an extension");
  return { error_response: { error_code: grpcStatus.notFound, error_message: `There is no ${what} here.` } };
}
