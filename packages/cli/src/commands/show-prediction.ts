import type { ModelVersion, Prediction, PredictionShadow } from "@slipway/contract";
import { argument, type Context, type Run } from "../context.ts";
import { writeOne } from "../output.ts";
import { relativeTime } from "../time.ts";
import { trainingText } from "../training.ts";

function labelText(label: Prediction["label"]): string | null {
  if (label === null || label === undefined) return null;
  return `${label.value}, observed ${label.observed_at}, from ${label.source}`;
}

/** The version that answered, for what the record does not hold; null where it was deleted since. */
async function findVersion(context: Context, { model, version }: Prediction): Promise<ModelVersion | null> {
  if (model === null || version === null) return null;
  return context
    .client()
    .versions.get(model, version)
    .catch(() => null);
}

function fieldLines(fields: Readonly<Record<string, unknown>>, text: (name: string, value: unknown) => string): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name} = ${text(name, value)}`)
    .join("\n");
}

/** A value for each class of an output is shown with the names of the classes. */
function outputText(version: ModelVersion | null, name: string, value: unknown): string {
  const classes = version?.signature.outputs.find((output) => output.name === name)?.classes;
  if (classes === undefined || !Array.isArray(value) || value.length !== classes.length) return JSON.stringify(value);
  return classes.map((each, at) => `${each} ${JSON.stringify(value[at])}`).join(", ");
}

export const showPrediction: Run = async (context, input) => {
  const found = await context.client().predictions.get(argument(input, 0));
  if (context.settings.format !== "table") return writeOne(context, found, []);
  const version = await findVersion(context, found);
  const { parse, queue, run, total } = found.durations_us;
  writeOne(context, found, [
    ["prediction", found.id],
    ["at", `${found.at} (${relativeTime(found.at, context.now())})`],
    ["endpoint", `${found.endpoint}, revision ${found.revision}`],
    ["version", `${found.model}@${found.version}${found.pinned ? ", asked for by the caller" : ""}`],
    ["arm", armText(found)],
    ["shadow of", found.shadow_of ?? null],
    ["trained", trainingText(version?.manifest)],
    ["status", found.status],
    ["error", found.error === null ? null : `${found.error.code}: ${found.error.message}`],
    ["fallback", found.fallback],
    ["key", found.key],
    ["label", labelText(found.label)],
    ["inputs", fieldLines(found.inputs, (_name, value) => JSON.stringify(value))],
    ["outputs", fieldLines(found.outputs, (name, value) => outputText(version, name, value))],
    ["shadows", found.shadows?.map(shadowText).join("\n") ?? null],
    ["extra", found.extra === null ? null : JSON.stringify(found.extra)],
    ["redacted", found.redacted.join(", ")],
    ["rows", rowsText(found)],
    ["took", `${total} µs: parse ${parse}, queue ${queue}, run ${run}`],
    ["batch", `${found.batch_rows} rows in one run`],
    ["face", found.face],
    ["user", found.user],
    ["trace", found.trace_id],
    ["request", found.request_id],
    ["digest", found.digest],
    ["instance", found.instance],
  ]);
};

function armText({ arm, rule, propensity }: Prediction): string | null {
  if (arm === undefined) return null;
  if (rule !== undefined) return `${arm}, by the rule ${rule}`;
  return typeof propensity === "number" ? `${arm}, which ${Number((propensity * 100).toFixed(2))} % get` : arm;
}

function shadowText({ model, version, error, outputs, durations_us: { total } }: PredictionShadow): string {
  const said =
    error === null ? fieldLines(outputs, (_name, value) => JSON.stringify(value)) : `${error.code}: ${error.message}`;
  return `${model}@${version}: ${said.replaceAll("\n", ", ")} (${total} µs)`;
}

function rowsText({ rows, row }: Prediction): string | null {
  if (rows <= 1) return null;
  return row === null ? `all ${rows} of the request; ID/0 shows the first` : `${row} of ${rows}, counted from 0`;
}
