import { SlipwayError } from "@slipway/contract/errors";
import { parentPort, workerData } from "node:worker_threads";
import type { LookUpAnswer, LookUpRequest } from "./look-up.ts";
import { createSearch } from "./search.ts";

const { folder } = workerData as { folder: string };
const search = createSearch(folder, () => performance.now());

parentPort?.on("message", (request: LookUpRequest) => {
  const { answer, transfer } = run(request);
  parentPort?.postMessage(answer, transfer);
});

function run(request: LookUpRequest): { answer: LookUpAnswer; transfer: ArrayBuffer[] } {
  const { call } = request;
  try {
    if (request.kind === "find") {
      const found = search.find(request.query.id, request.query.row);
      return toAnswer(call, found === null ? null : JSON.stringify(found), null);
    }
    const { items, next } = search.list(request.query);
    return toAnswer(call, JSON.stringify(items), next);
  } catch (error) {
    if (SlipwayError.is(error)) {
      const { code, message, details } = error;
      return {
        answer: { call, json: null, next: null, error: message, problem: { code, message, details } },
        transfer: [],
      };
    }
    return { answer: { call, json: null, next: null, error: String(error) }, transfer: [] };
  }
}

function toAnswer(call: number, text: string | null, next: LookUpAnswer["next"]) {
  // Memory of its own, so that it can be handed over without a copy.
  const json = text === null ? null : new TextEncoder().encode(text);
  return { answer: { call, json, next, error: null }, transfer: json === null ? [] : [json.buffer] };
}
