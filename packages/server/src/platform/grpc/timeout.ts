import { SlipwayError } from "@slipway/contract";

const unitMs: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** The header `grpc-timeout` as milliseconds; null where there is none. @throws SlipwayError `invalid_request` */
export function parseGrpcTimeout(text: string | undefined): number | null {
  if (text === undefined) return null;
  const match = /^([0-9]{1,8})([HMSmun])$/.exec(text);
  if (match) return Number(match[1]) * unitMs[match[2]!]!;
  throw new SlipwayError("invalid_request", `grpc-timeout is a number and one of H, M, S, m, u, n; got ${text}.`);
}
