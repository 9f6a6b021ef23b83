import { type NewRecord, type RequestFields, encodeRoute } from "../record.ts";

export interface PlainRecord {
  readonly instance: string;
  readonly id: string;
  readonly endpoint?: string;
  /** Milliseconds. */
  readonly at?: number;
  readonly fields?: Partial<RequestFields>;
}

/** One flight, answered. */
export function plainRecord({
  instance,
  id,
  endpoint = "flight-delay",
  at = 1_000_000,
  fields,
}: PlainRecord): NewRecord {
  const version = 1;
  return {
    route: encodeRoute({
      instance,
      epoch: 1,
      endpoint,
      revision: 1,
      model: endpoint,
      version,
      digest: "ab".repeat(32),
    }),
    id,
    at: at * 1000,
    status: "ok",
    rows: 1,
    pinned: false,
    face: "predict",
    durations: { parse: 10, queue: 20, run: 30, total: 70 },
    batchRows: 1,
    inputs: [
      { name: "origin", datatype: "BYTES", shape: [1], data: ["ATL"] },
      { name: "distance", datatype: "FP32", shape: [1], data: Float32Array.of(760) },
    ],
    outputs: [{ name: "late", datatype: "FP32", shape: [1, 2], data: Float32Array.of(0.25, 0.75) }],
    ...fields,
  };
}
