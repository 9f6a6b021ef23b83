import type { InputSpec, OutputSpec, Signature } from "@slipway/runtime";
import type { Route } from "../../endpoints/index.ts";

type Json = Record<string, unknown>;

/** JSON Schema of the values of one datatype in a record. 64-bit integers beyond 2^53 are strings of digits. */
function elementSchema(datatype: string, { range, format }: Partial<Pick<InputSpec, "range" | "format">> = {}): Json {
  const bounds = range ? { minimum: range[0], maximum: range[1] } : {};
  if (datatype === "BOOL") return { type: "boolean" };
  if (datatype === "BYTES")
    return { type: "string", ...(format && { description: "ISO 8601: 2026-03-01 or 2026-03-01T12:00:00Z" }) };
  if (datatype.startsWith("FP")) return { type: "number", ...bounds };
  if (datatype.endsWith("64")) return { type: ["integer", "string"], format: "int64", ...bounds };
  return { type: "integer", ...bounds };
}

/** One row's value: plain where a row has one element, else nested arrays. */
function rowSchema(element: Json, shape: readonly number[], batched: boolean): Json {
  const dimensions = (batched ? shape.slice(1) : shape).filter(
    (size, index, all) => !(size === 1 && index === all.length - 1),
  );
  return dimensions.reduceRight<Json>(
    (items, size) => ({ type: "array", items, ...(size === -1 ? {} : { minItems: size, maxItems: size }) }),
    element,
  );
}

function inputSchema(spec: InputSpec, batched: boolean): Json {
  const element = elementSchema(spec.datatype, spec);
  const nullable = spec.nullable ? { ...element, type: [element["type"], "null"].flat() } : element;
  return rowSchema(nullable, spec.shape, batched);
}

function outputSchema(spec: OutputSpec, batched: boolean): Json {
  const { classes } = spec;
  if (!classes) return rowSchema(elementSchema(spec.datatype), spec.shape, batched);
  const name = { type: "string", enum: [...classes] };
  if (!spec.datatype.startsWith("FP")) return name;
  return {
    type: "object",
    properties: {
      class: name,
      probabilities: {
        type: "object",
        properties: Object.fromEntries(classes.map((label) => [label, { type: "number" }])),
        required: [...classes],
      },
    },
    required: ["class", "probabilities"],
  };
}

function recordSchema(signature: Signature, extraFields: ReadonlySet<string>): Json {
  const { inputs, batched } = signature;
  const extra = [...extraFields].filter((name) => !inputs.some((input) => input.name === name));
  return {
    type: "object",
    properties: {
      ...Object.fromEntries(inputs.map((input) => [input.name, inputSchema(input, batched)])),
      ...Object.fromEntries(extra.map((name) => [name, { description: "Recorded; not an input of the model" }])),
    },
    required: inputs.filter((input) => !input.nullable).map((input) => input.name),
    additionalProperties: false,
  };
}

function predictionSchema(signature: Signature): Json {
  return {
    type: "object",
    properties: Object.fromEntries(
      signature.outputs.map((output) => [output.name, outputSchema(output, signature.batched)]),
    ),
    required: signature.outputs.map((output) => output.name),
  };
}

const body = (schema: Json) => ({ required: true, content: { "application/json": { schema } } });
const answers = (description: string, properties: Json) => ({
  description,
  content: { "application/json": { schema: { type: "object", properties } } },
});
const anything: Json = {};

/** The same endpoint in the protocols of others. Their schemas say what a form is, not what the model takes. */
function protocolPaths(endpoint: string, base: string): Json {
  const frame = {
    type: "object",
    properties: { columns: { type: "array" }, data: { type: "array" } },
    required: ["data"],
  };
  const forms = {
    dataframe_split: frame,
    dataframe_records: { type: "array", items: { type: "object" } },
    instances: anything,
    inputs: anything,
  };
  const oneOf = Object.entries(forms).map(([name, schema]) => ({
    type: "object",
    properties: { [name]: schema, params: anything },
    required: [name],
  }));
  const invocations = body({ oneOf });
  const text = { schema: { type: "string", description: "Columns with a header" } };
  const columns = { instances: { type: "array" }, inputs: anything };
  const error = { type: "object", properties: { error_code: { type: "string" }, message: { type: "string" } } };
  return {
    "/invocations": {
      post: {
        operationId: "invocations",
        summary: "Predict in the MLflow scoring protocol",
        requestBody: { ...invocations, content: { ...invocations.content, "text/csv": text } },
        responses: {
          "200": answers("The predictions", { predictions: anything }),
          "400": { description: "What is wrong", content: { "application/json": { schema: error } } },
        },
      },
    },
    [`/v1/models/${endpoint}:predict`]: {
      servers: [{ url: base === "" ? "/" : base }],
      post: {
        operationId: "v1Predict",
        summary: "Predict in KServe V1",
        requestBody: body({ type: "object", properties: columns }),
        responses: {
          "200": answers("predictions for instances, outputs for inputs", { predictions: anything, outputs: anything }),
          "400": answers("What is wrong", { error: { type: "string" } }),
        },
      },
    },
  };
}

/** An OpenAPI 3.1 document of one endpoint, typed by the signature of the version that serves. */
export function toEndpointOpenApi(route: Route, signature: Signature, base: string): Json {
  const answer = {
    type: "object",
    properties: {
      id: { type: "string", description: "Leads to the record of this prediction" },
      endpoint: { type: "string" },
      model: { type: "string" },
      version: { type: "integer" },
      prediction: { $ref: "#/components/schemas/Prediction" },
      predictions: { type: "array", items: { $ref: "#/components/schemas/Prediction" } },
      fallback: { type: "string", description: "What answered instead, and why" },
    },
    required: ["id", "endpoint", "model", "version"],
  };
  const record = { $ref: "#/components/schemas/Record" };
  const problem = { description: "application/problem+json that names the input, what was expected and what came" };
  return {
    openapi: "3.1.0",
    info: { title: route.endpoint, version: String(route.loaded?.version.version ?? 0) },
    servers: [{ url: `${base}/endpoints/${route.endpoint}` }],
    paths: {
      "/predict": {
        post: {
          operationId: "predict",
          summary: "Predict one record (an object) or many (a list)",
          requestBody: {
            required: true,
            content: {
              "application/json": { schema: { oneOf: [record, { type: "array", minItems: 1, items: record }] } },
            },
          },
          responses: {
            "200": { description: "The prediction", content: { "application/json": { schema: answer } } },
            "400": problem,
          },
        },
      },
      ...protocolPaths(route.endpoint, base),
    },
    components: {
      schemas: { Record: recordSchema(signature, route.extraFields), Prediction: predictionSchema(signature) },
    },
  };
}
