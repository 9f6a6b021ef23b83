type Json = Record<string, unknown>;

export const text: Json = { type: "string" };
export const flag: Json = { type: "boolean" };
const whole: Json = { type: "integer", minimum: 0 };
export const listOf = (items: Json): Json => ({ type: "array", items });
export const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
export const object = (properties: Json, required: readonly string[] = Object.keys(properties)): Json => ({
  type: "object",
  properties,
  required: [...required],
});

export const parameters: Json = {
  type: "object",
  description: "What nobody here knows is ignored",
  additionalProperties: true,
};
const shape = (least: number) => listOf({ type: "integer", minimum: least });
const datatype: Json = {
  type: "string",
  enum: "BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 INT32 INT64 FP16 FP32 FP64 BYTES".split(" "),
};
const data: Json = {
  type: "array",
  description:
    "Flat, or nested as `shape` says; left out where `parameters.binary_data_size` says how many bytes behind the JSON it is",
};
const tensor = (least: number) => object({ name: text, shape: shape(least), datatype, parameters, data });
const duration = object({ count: whole, ns: whole });
const durations = (names: readonly string[]) =>
  object(Object.fromEntries(names.map((name) => [name, ref("OipDuration")])));
const computes = ["compute_input", "compute_infer", "compute_output"];
const configured = object(
  {
    name: text,
    data_type: text,
    dims: listOf({ type: "integer" }),
    reshape: object({ shape: listOf({ type: "integer" }) }),
  },
  ["name", "data_type", "dims"],
);

/** What the Open Inference Protocol and its extensions send and answer. */
export const oipSchemas: Json = {
  OipError: object({ error: { ...text, description: "What happened and why, then what to do" } }),
  OipServer: object({ name: text, version: text, extensions: listOf(text) }),
  OipTensorMetadata: object({ name: text, datatype, shape: shape(-1) }),
  OipModel: object({
    name: text,
    versions: listOf(text),
    platform: text,
    inputs: listOf(ref("OipTensorMetadata")),
    outputs: listOf(ref("OipTensorMetadata")),
  }),
  OipReady: object({ name: text, version: text, ready: flag }, ["name", "ready"]),
  OipInferRequest: object(
    {
      id: { ...text, maxLength: 1000 },
      parameters: {
        ...parameters,
        properties: {
          timeout: { type: ["integer", "string"], description: "Microseconds for the answer" },
          binary_data_output: { ...flag, description: "Outputs that do not say otherwise are binary" },
        },
      },
      inputs: { ...listOf({ ...tensor(0), required: ["name", "shape", "datatype"] }), minItems: 1 },
      outputs: listOf(
        object(
          {
            name: text,
            parameters: { ...parameters, properties: { binary_data: flag, classification: whole } },
          },
          ["name"],
        ),
      ),
    },
    ["inputs"],
  ),
  OipInferResponse: object(
    {
      model_name: text,
      model_version: text,
      id: text,
      parameters,
      outputs: listOf({ ...tensor(0), required: ["name", "shape", "datatype"] }),
    },
    ["model_name", "model_version", "outputs"],
  ),
  OipModelConfig: object(
    {
      name: text,
      platform: text,
      backend: text,
      version_policy: object({ specific: object({ versions: listOf(whole) }) }),
      max_batch_size: whole,
      input: listOf(configured),
      output: listOf(configured),
      instance_group: listOf(object({ name: text, kind: { enum: ["KIND_CPU", "KIND_GPU"] }, count: whole })),
      dynamic_batching: object({ max_queue_delay_microseconds: { type: "number", minimum: 0 } }),
    },
    ["name", "platform", "backend", "version_policy", "max_batch_size", "input", "output", "instance_group"],
  ),
  OipDuration: duration,
  OipModelStatistics: object({
    name: text,
    version: text,
    last_inference: { ...whole, description: "Milliseconds since 1970; 0: none yet" },
    inference_count: { ...whole, description: "Rows" },
    execution_count: { ...whole, description: "Runs of the model" },
    inference_stats: durations(["success", "fail", "queue", ...computes, "cache_hit", "cache_miss"]),
    batch_stats: listOf({
      allOf: [object({ batch_size: whole }), durations(computes)],
    }),
  }),
  OipRepositoryEntry: object({ name: text, version: text, state: { enum: ["READY", "UNAVAILABLE"] }, reason: text }, [
    "name",
    "state",
    "reason",
  ]),
};
