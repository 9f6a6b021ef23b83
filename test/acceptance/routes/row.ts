import { createHash } from "node:crypto";
import type { JsonRequest } from "../../lib/fetch-json.ts";
import { flight } from "../../lib/models.ts";

export interface Row {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The template of the OpenAPI document where the path is in there. */
  readonly path: string;
  readonly status: number;
  /** Beginning of the content type; null: no body. */
  readonly type: string | null;
  /** What the body has among other things, or begins with; an `error` of OIP is given as its text. */
  readonly body?: object | string | RegExp;
  readonly send?: JsonRequest;
  /** For the rows that end an operation of their own or need a changing address. */
  readonly query?: string;
}

export const json = "application/json";
export const problem = "application/problem+json";
export const record = { ...flight, flight_id: "route-1" };
export const bytes = "a blob of the route table";
export const digest = createHash("sha256").update(bytes).digest("hex");
export const tensors = {
  inputs: [
    ...["origin", "destination"].map((name) => ({ name, datatype: "BYTES", shape: [1, 1], data: ["ATL"] })),
    ...["hour", "weekday"].map((name) => ({ name, datatype: "INT64", shape: [1, 1], data: [5] })),
    ...["distance", "origin_late_3h"].map((name) => ({ name, datatype: "FP32", shape: [1, 1], data: [0.5] })),
  ],
};
export const { flight_id: _, ...inputs } = record;
export const { origin_late_3h: __, ...scheduled } = inputs;
export const frame = { dataframe_split: { columns: Object.keys(inputs), data: [Object.values(inputs)] } };
