import { SlipwayError } from "@slipway/contract/errors";

/** What the tag `mlflow.log-model.history` keeps of a model, of whose MLmodel this is the JSON. @throws SlipwayError `invalid_request` */
export function toHistoryEntry(modelJson: string): string {
  const model = parseModel(modelJson);
  const missing = ["artifact_path", "flavors", "utc_time_created", "run_id"].filter((name) => !(name in model));
  if (missing.length > 0)
    throw new SlipwayError(
      "invalid_request",
      `Model json is missing mandatory fields: {${missing.map((name) => `'${name}'`).join(", ")}}`,
    );
  const { run_id, utc_time_created, artifact_path, model_uuid } = model;
  const flavors = Object.entries((model["flavors"] ?? {}) as Readonly<Record<string, unknown>>).map(
    ([name, flavor]) => [name, withoutConfig(flavor)] as const,
  );
  return JSON.stringify({ run_id, artifact_path, utc_time_created, flavors: Object.fromEntries(flavors), model_uuid });
}

function withoutConfig(flavor: unknown): unknown {
  if (typeof flavor !== "object" || flavor === null) return flavor;
  return Object.fromEntries(Object.entries(flavor).filter(([name]) => name !== "config"));
}

function parseModel(json: string): Readonly<Record<string, unknown>> {
  try {
    const model: unknown = JSON.parse(json);
    if (typeof model === "object" && model !== null) return model as Readonly<Record<string, unknown>>;
  } catch {
    // falls through to the one message
  }
  throw new SlipwayError("invalid_request", `Malformed model info. \n ${json} \n is not a valid JSON.`);
}
