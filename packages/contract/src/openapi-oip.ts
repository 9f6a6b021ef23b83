import { flag, listOf, object, oipSchemas, parameters, ref, text } from "./openapi-oip-schemas.ts";

type Json = Record<string, unknown>;

export { oipSchemas };

const content = (schema: Json) => ({ "application/json": { schema } });
const bytes = { "application/octet-stream": { schema: { type: "string", format: "binary" } } };
const failure = (description: string) => ({ description, content: content(ref("OipError")) });
const answer = (description: string, schema: Json) => ({ description, content: content(schema) });

interface Spec {
  readonly id: string;
  readonly summary: string;
  readonly answer: Json;
  readonly body?: Json;
  readonly isPublic?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly responses?: Json;
}

const unknownModel = { "404": failure("There is no such model or version") };
const wrong = { "400": failure("The request is not well formed, or a name or version is none") };
const notReady = (schema: Json) => ({ "503": answer("Not ready", schema) });
const unloaded = { "503": failure("It is not loaded") };

function operation(spec: Spec, path: string): Json {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const inHeader = Object.entries(spec.headers ?? {}).map(([name, description]) => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  }));
  return {
    operationId: `${spec.id}${path.includes("{version}") ? "OfVersion" : ""}`,
    tags: ["open inference protocol"],
    summary: `${spec.summary}${path.includes("{version}") ? ", of one version" : ""}`,
    parameters: [...inPath, ...inHeader],
    ...(spec.body && { requestBody: spec.body }),
    responses: {
      "200": spec.answer,
      ...(spec.isPublic
        ? {}
        : {
            "401": failure("No token, or one that is not known"),
            "403": failure("The token's scope does not reach so far"),
          }),
      ...spec.responses,
    },
    ...(spec.isPublic && { security: [] }),
  };
}

const modelSpecs: Readonly<Record<string, Spec>> = {
  "": {
    id: "oipModel",
    summary: "Inputs and outputs of a model",
    answer: answer("The version that serves", ref("OipModel")),
    responses: { ...wrong, ...unknownModel, ...unloaded },
  },
  "/ready": {
    id: "oipModelReady",
    summary: "Whether a model answers",
    answer: answer("It does", ref("OipReady")),
    responses: { ...wrong, ...unknownModel, ...notReady(ref("OipReady")) },
  },
  "/config": {
    id: "oipModelConfig",
    summary: "Triton's model configuration",
    answer: answer("How it is served", ref("OipModelConfig")),
    responses: { ...wrong, ...unknownModel, ...unloaded },
  },
  "/stats": {
    id: "oipModelStatistics",
    summary: "Triton's statistics of a model",
    answer: answer("Since it was loaded", object({ model_stats: listOf(ref("OipModelStatistics")) })),
    responses: { ...wrong, ...unknownModel, ...unloaded },
  },
};

const infer: Spec = {
  id: "oipInfer",
  summary: "Predict with tensors",
  headers: {
    "inference-header-content-length": "Bytes of the JSON, where binary tensors follow; 0: no JSON",
    "x-slipway-key": "The caller's own key, to find the prediction by",
  },
  body: { required: true, content: { ...content(ref("OipInferRequest")), ...bytes } },
  answer: {
    description: "JSON; with binary outputs JSON and the tensors behind it",
    headers: {
      "inference-header-content-length": {
        schema: { type: "string" },
        description: "Bytes of the JSON, where tensors follow",
      },
      "x-slipway-prediction": { schema: { type: "string" }, description: "Id of the record" },
    },
    content: { ...content(ref("OipInferResponse")), ...bytes },
  },
  responses: {
    "400": failure("The request does not fit the protocol or the model"),
    ...unknownModel,
    "413": failure("The body is over the limit"),
    "415": failure("A content type or a content coding that is not taken"),
    "429": failure("The token asks too often"),
    "499": failure("The caller went away"),
    "500": failure("The model failed"),
    "503": failure("It is not loaded, or has too much to do; `retry-after` says how long to wait"),
    "504": failure("No answer in the time there was"),
  },
};

const repositorySpecs: Readonly<Record<string, Spec>> = {
  "/v2/repository/index": {
    id: "oipRepositoryIndex",
    summary: "What there is to load",
    body: { required: false, content: content(object({ ready: flag }, [])) },
    answer: answer("Every endpoint", listOf(ref("OipRepositoryEntry"))),
    responses: wrong,
  },
  ...Object.fromEntries(
    (["load", "unload"] as const).map((verb) => [
      `/v2/repository/models/{model}/${verb}`,
      {
        id: verb === "load" ? "oipLoad" : "oipUnload",
        summary: verb === "load" ? "Serve what an endpoint served last" : "Take an endpoint out of service",
        body: { required: false, content: content(object({ parameters }, [])) },
        answer: answer("Done", object({ name: text, [verb]: flag })),
        responses: {
          ...wrong,
          ...unknownModel,
          "409": failure("It was changed at the same time, or its callers would break"),
          "501": failure("Files and settings come with a deployment"),
          "503": failure("It does not load"),
        },
      },
    ]),
  ),
};

const serverSpecs: Readonly<Record<string, Spec>> = {
  "/v2": { id: "oipServer", summary: "Name, version and extensions", answer: answer("This server", ref("OipServer")) },
  "/v2/health/live": {
    id: "oipLive",
    summary: "Whether the server lives",
    isPublic: true,
    answer: answer("It does", object({ live: flag })),
  },
  "/v2/health/ready": {
    id: "oipReady",
    summary: "Whether the server answers",
    isPublic: true,
    answer: answer("It does", object({ ready: flag })),
    responses: notReady(object({ ready: flag })),
  },
  "/v2/models": {
    id: "oipModels",
    summary: "Names of the models",
    answer: answer("Names", object({ models: listOf(text) })),
  },
  "/v2/models/stats": {
    id: "oipStatistics",
    summary: "Triton's statistics of all models",
    answer: answer("Of each that serves", object({ model_stats: listOf(ref("OipModelStatistics")) })),
  },
};

/** The paths of the Open Inference Protocol. They are written by hand: no schema stands in the way of a tensor. */
export function toOipPaths(): Json {
  const paths: Record<string, Json> = {};
  for (const [path, spec] of Object.entries(serverSpecs)) paths[path] = { get: operation(spec, path) };
  for (const base of ["/v2/models/{model}", "/v2/models/{model}/versions/{version}"]) {
    for (const [tail, spec] of Object.entries(modelSpecs))
      paths[`${base}${tail}`] = { get: operation(spec, `${base}${tail}`) };
    paths[`${base}/infer`] = { post: operation(infer, `${base}/infer`) };
  }
  for (const [path, spec] of Object.entries(repositorySpecs)) paths[path] = { post: operation(spec, path) };
  return paths;
}
