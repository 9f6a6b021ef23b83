import type { ModelVersion } from "@slipway/contract";
import type { RecordJson } from "../records.ts";
import { toOipBody } from "./oip-body.ts";
import type { RequestSpec } from "./http-connection.ts";

export const faces = ["predict", "oip", "oip-binary"] as const;
export type Face = (typeof faces)[number];

export interface RequestsSetup {
  readonly face: Face;
  readonly endpoint: string;
  /** The version that is pinned; null: what the traffic goes to. */
  readonly pinned: number | null;
  readonly signature: ModelVersion["signature"];
  /** Of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Path before all others, without a slash at its end. */
  readonly basePath: string;
}

/** What goes over the wire for each list of records. */
export function toRequests(setup: RequestsSetup, requests: readonly (readonly RecordJson[])[]): readonly RequestSpec[] {
  const { face, endpoint, pinned, signature, headers, basePath } = setup;
  if (face === "predict") {
    const path = `${basePath}/endpoints/${endpoint}${pinned === null ? "" : `@${pinned}`}/predict`;
    return requests.map((records) => ({ method: "POST", path, headers, body: toRecordsBody(records) }));
  }
  const version = pinned === null ? "" : `/versions/${pinned}`;
  const path = `${basePath}/v2/models/${endpoint}${version}/infer`;
  return requests.map((records) => {
    const body = toOipBody(signature, records, face === "oip-binary");
    return { method: "POST", path, headers: { ...headers, ...body.headers }, body: body.bytes };
  });
}

function toRecordsBody(records: readonly RecordJson[]): string {
  return JSON.stringify(records.length === 1 ? records[0] : records, (_key, value: unknown) =>
    typeof value === "bigint" ? (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)) : value,
  );
}
