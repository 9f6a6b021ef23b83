import { encodeRoute, type RequestFields } from "@slipway/runtime";
import type { PredictionLog } from "../../../predictions/index.ts";
import { flight } from "../../../predictions/testing/log.ts";

export interface DividedRecord extends Partial<RequestFields> {
  readonly arm?: "champion" | "challenger" | "control";
  readonly rule?: string;
  readonly propensity?: number;
  readonly revision?: number;
  readonly endpoint?: string;
  readonly version?: number;
}

/** Appends requests of a divided endpoint; each resolves when it is on record. */
export function createAppend(log: PredictionLog, instance: string) {
  return ({ arm, rule, propensity, revision = 7, endpoint = "flights", version, ...fields }: DividedRecord) => {
    const record = flight(instance, endpoint, fields);
    const split = arm === undefined ? {} : { arm, rule, propensity: propensity ?? 0.5 };
    const chosen = version ?? (arm === undefined || arm === "challenger" ? 2 : 1);
    const route = {
      instance,
      epoch: 1,
      endpoint,
      revision,
      model: "flights",
      version: chosen,
      digest: "ab".repeat(32),
    };
    return new Promise<string>((resolve, reject) => {
      const written = { ...record, route: encodeRoute({ ...route, ...split }) };
      log.append(written, {}, (logged) => (logged ? resolve(record.id) : reject(new Error("not logged"))));
    });
  };
}
