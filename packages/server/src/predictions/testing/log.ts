import { type NewRecord, type RequestFields, type RouteFields, type Tensor, encodeRoute } from "@slipway/runtime";
import { randomUUIDv7 } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../kernel/clock.ts";
import { idTime } from "../../kernel/ids.ts";
import { silentLogger } from "../../kernel/logger.ts";
import { createPredictionLog } from "../prediction-log.ts";

export interface TestLogOptions {
  /** A new one unless given. */
  readonly folder?: string;
  readonly segmentBytes?: number;
}

/** A prediction log of a new instance in a temporary folder. */
export async function openLog({ folder, segmentBytes }: TestLogOptions = {}) {
  const root = folder ?? (await mkdtemp(join(tmpdir(), "slipway-")));
  const instance = randomUUIDv7();
  const log = await createPredictionLog({
    folder: root,
    instance,
    clock: systemClock,
    logger: silentLogger,
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });

  /** Appends and resolves when it is answered; returns the id. */
  function append(endpoint: string, fields: Partial<RequestFields> = {}): Promise<string> {
    const record = flight(instance, endpoint, fields);
    return new Promise((resolve, reject) =>
      log.append(record, {}, (logged) => (logged ? resolve(record.id) : reject(new Error("not logged")))),
    );
  }

  return { log, folder: root, instance, append };
}

/** One flight, answered. Where the time of arrival is not given, it is that of the id. */
export function flight(instance: string, endpoint: string, fields: Partial<RequestFields> = {}): NewRecord {
  const id = fields.id ?? randomUUIDv7();
  return {
    route: flightRoute(instance, { endpoint, model: endpoint }),
    id,
    at: idTime(id) * 1000,
    status: "ok",
    rows: 1,
    pinned: false,
    face: "predict",
    durations: { parse: 10, queue: 20, run: 30, total: 70 },
    batchRows: 1,
    inputs: flightInputs(["ATL"], [760]),
    outputs: [{ name: "late", datatype: "FP32", shape: [1, 2], data: Float32Array.of(0.25, 0.75) }],
    ...fields,
  };
}

/** As all of them have it but for what is given. */
export function flightRoute(instance: string, fields: Partial<RouteFields> = {}): Uint8Array {
  const about = { endpoint: "flights", revision: 4, model: "flights", version: 2, digest: "ab".repeat(32) };
  return encodeRoute({ instance, epoch: 1, ...about, ...fields });
}

export function flightInputs(origins: string[], distances: number[]): Tensor[] {
  return [
    { name: "origin", datatype: "BYTES", shape: [origins.length], data: origins },
    { name: "distance", datatype: "FP32", shape: [distances.length], data: Float32Array.from(distances) },
  ];
}
