/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

export type GrpcStatus = (typeof grpcStatus)[keyof typeof grpcStatus];

/** How a call ends that is not answered. */
export interface GrpcFailure {
  readonly status: GrpcStatus;
  readonly message: string;
  /** Metadata that goes with the status, lower-case names. */
  readonly trailers: Readonly<Record<string, string>>;
}

/** Clients take about 8 KiB of headers in all. */
const longestMessage = 2000;

/** A message as the trailer `grpc-message` has it: percent-encoded UTF-8, of bounded length. */
export function encodeMessage(message: string): string {
  const text = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
  if (/^[\x20-\x24\x26-\x7e]*$/.test(text)) return text;
  let encoded = "";
  for (const byte of Buffer.from(text))
    encoded +=
      byte >= 0x20 && byte <= 0x7e && byte !== 0x25
        ? String.fromCharCode(byte)
        : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  return encoded;
}
