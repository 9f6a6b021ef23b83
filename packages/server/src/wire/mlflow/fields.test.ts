import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bool, float, int, list, need, oneOf, readFields, record, text, texts } from "./fields.ts";

const metric = { key: need(text), value: need(float), timestamp: need(int), step: int };
const fields = {
  run_id: need(text),
  step: int,
  value: float,
  on: bool,
  status: oneOf({ RUNNING: 1, FINISHED: 3 }),
  ids: texts,
  metrics: list(metric),
  dataset: record({ name: need(text) }),
};
const whole = { key: "a", value: 1, timestamp: 1 };

function metricWithout(name: keyof typeof whole): object {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));
}

const api = " See the API docs for more information about request parameters.";

describe("parameters of MLflow's API", () => {
  test("are read as protobuf reads JSON", () => {
    const given = {
      run_uuid: "r",
      step: "-7",
      value: "Infinity",
      on: false,
      status: 3,
      ids: ["1"],
      metrics: [{ key: "a", value: "NaN", timestamp: 1.0, extra: {} }],
      dataset: { name: "d" },
      unknown: 1,
    };
    expect(readFields(fields, given)).toEqual({
      run_id: "r",
      step: -7,
      value: Number.POSITIVE_INFINITY,
      on: false,
      status: "FINISHED",
      ids: ["1"],
      metrics: [{ key: "a", value: Number.NaN, timestamp: 1 }],
      dataset: { name: "d" },
    });
    expect(readFields(fields, { run_id: "r", step: null, ids: null })).toEqual({ run_id: "r" });
    expect(readFields(fields, { run_id: "a", run_uuid: "b", metrics: [] })).toEqual({ run_id: "a", metrics: [] });
  });

  test.each([
    [{}, "Missing value for required parameter 'run_id'."],
    [{ run_id: "" }, "Missing value for required parameter 'run_id'."],
    [{ run_id: 5 }, "Invalid value 5 for parameter 'run_id' supplied:  Hint: Value was of type 'int'."],
    [{ step: 1.5 }, "Invalid value 1.5 for parameter 'step' supplied:  Hint: Value was of type 'float'."],
    [{ step: "x" }, "Invalid value \"x\" for parameter 'step' supplied:  Hint: Value was of type 'str'."],
    [{ step: 2 ** 63 }, "Invalid value 9223372036854776000 for parameter 'step' supplied:"],
    [{ value: true }, "Invalid value true for parameter 'value' supplied:  Hint: Value was of type 'bool'."],
    [{ value: "nan" }, "Invalid value \"nan\" for parameter 'value' supplied:"],
    [{ on: "true" }, "Invalid value \"true\" for parameter 'on' supplied:"],
    [{ status: "DONE" }, "Invalid value \"DONE\" for parameter 'status' supplied:"],
    [{ status: 2 }, "Invalid value 2 for parameter 'status' supplied:"],
    [{ ids: "1" }, "Invalid value \"1\" for parameter 'ids' supplied:  Hint: Value was of type 'str'."],
    [{ ids: [1] }, "Invalid value [1] for parameter 'ids' supplied:  Hint: Value was of type 'list'."],
    [{ metrics: { z: "ü", a: 1 } }, 'Invalid value {"a":1,"z":"\\u00fc"} for parameter \'metrics\' supplied:'],
    [{ metrics: [metricWithout("key")] }, "Missing value for required parameter 'metrics[0].key'."],
    [{ metrics: [whole, metricWithout("timestamp")] }, "Missing value for required parameter 'metrics[1].timestamp'."],
    [{ metrics: [{ ...whole, value: [] }] }, "Invalid value [] for parameter 'metrics[0].value' supplied:"],
    [{ step: "x".repeat(5000) }, `Invalid value "${"x".repeat(1999)}... for parameter 'step' supplied:`],
    [{ dataset: {} }, "Missing value for required parameter 'dataset.name'."],
  ])("that are wrong are told in MLflow's words: %j", (given, message) => {
    const input = Object.keys(given).length === 0 || "run_id" in given ? given : { run_id: "r", ...given };
    let told = "";
    try {
      readFields(fields, input);
    } catch (error) {
      expect(error).toMatchObject({ code: "invalid_request" });
      told = (error as Error).message;
    }
    expect([told.slice(0, message.length), told.slice(-api.length)]).toEqual([message, api]);
  });

  test("of any kind are read or refused, never more", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(fields), "run_uuid"), fc.jsonValue()), (given) => {
        try {
          const read = readFields(fields, given);
          expect(typeof read.run_id).toBe("string");
          expect(read.step === undefined || Number.isInteger(read.step)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: "invalid_request" });
        }
      }),
    );
  });
});
