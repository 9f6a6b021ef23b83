import { expect, test } from "vitest";
import type { Prediction } from "@slipway/contract";
import { createCsv } from "./predictions.ts";

function prediction(id: string, inputs: Record<string, unknown>, outputs: Record<string, unknown>): Prediction {
  const at = "2026-11-22T10:15:30.123Z";
  const about = { endpoint: "f", revision: 1, model: "f", version: 1, pinned: false, face: "predict" };
  const none = { key: null, error: null, fallback: null, trace_id: null, request_id: null, extra: null, user: null };
  const durations_us = { parse: 1, queue: 2, run: 3, total: 10 };
  const rest = { rows: 1, row: 0, batch_rows: 1, digest: "d", instance: "i", redacted: [] };
  return { id, at, ...about, status: "ok", ...none, inputs, outputs, durations_us, ...rest };
}

test("a later prediction with other fields loses nothing", () => {
  const toLines = createCsv();
  expect(toLines([prediction("a", { hour: 8 }, { late: 0.5 })])).toBe(
    "id,at,endpoint,model,version,status,key,total_us,error,input.hour,output.late,more\n" +
      "a,2026-11-22T10:15:30.123Z,f,f,1,ok,,10,,8,0.5,\n",
  );
  expect(toLines([prediction("b", { hour: 9, day: 1 }, { late: 0.1 })])).toBe(
    'b,2026-11-22T10:15:30.123Z,f,f,1,ok,,10,,9,0.1,"{""input.day"":1}"\n',
  );
});
