import type { KeptGate, ModelVersion } from "@slipway/contract";
import { requireAddress, requireVersionAddress } from "../addresses.ts";
import { writeChanges } from "../changes.ts";
import { argument, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { lineageFacts } from "../lineage.ts";
import { note, writeOne, type Facts } from "../output.ts";
import { findRunning } from "../rollout/find-rollout.ts";
import { phaseText, trackText, versionsText } from "../rollout/texts.ts";
import { runtimeText } from "../runtime-text.ts";
import { bytesText } from "../text.ts";
import { relativeTime } from "../time.ts";
import { trainingText } from "../training.ts";
import { aliasesText, sizeOf } from "./models.ts";

type Input = ModelVersion["signature"]["inputs"][number];
type Output = ModelVersion["signature"]["outputs"][number];

function shapeText(shape: readonly number[]): string {
  return `[${shape.map((size) => (size < 0 ? "any" : size)).join(", ")}]`;
}

function inputText(spec: Input): string {
  const range = spec.range === undefined ? "" : `, ${spec.range[0]} to ${spec.range[1]}`;
  const nullable = spec.nullable ? ", may be null" : "";
  return `${spec.name}: ${spec.datatype} ${shapeText(spec.shape)}${range}${nullable}`;
}

function outputText(spec: Output): string {
  const classes = spec.classes === undefined ? "" : `, classes ${spec.classes.join(", ")}`;
  return `${spec.name}: ${spec.datatype} ${shapeText(spec.shape)}${classes}`;
}

interface Section {
  readonly examples?: { readonly path: string; readonly absolute: number; readonly relative: number };
}

function examplesText(section: unknown): string | null {
  const { examples } = (section ?? {}) as Section;
  return examples ? `${examples.path} (within ${examples.absolute} + ${examples.relative} * |expected|)` : null;
}

function runFacts(version: ModelVersion): Facts {
  return [
    ["flavor", `${version.flavor} (${version.platform})`],
    ["runtime", runtimeText(version.program)],
    ["placement", version.placement],
  ];
}

const stateTexts: Readonly<Record<ModelVersion["state"], string>> = {
  verified: "verified",
  registered: "registered; the first deployment looks at its files",
  external: "served elsewhere; its predictions were imported",
};

/** Of files that were uploaded for the version. */
const ownSource = "mlflow-artifacts:/slipway-versions/";

function versionFacts(version: ModelVersion, now: number): Facts {
  return [
    ["version", `${version.model}@${version.version}`],
    ["aliases", version.aliases.join(", ")],
    ["state", stateTexts[version.state]],
    ["stage", version.stage === "None" ? null : version.stage],
    ["source", version.source?.startsWith(ownSource) ? null : version.source],
    ["inputs", version.signature.inputs.map(inputText).join("\n")],
    ["outputs", version.signature.outputs.map(outputText).join("\n")],
    ...(version.state === "verified" ? runFacts(version) : []),
    ["files", version.files.map((file) => `${file.path} (${bytesText(file.size)})`).join("\n")],
    ["size", version.files.length === 0 ? null : bytesText(sizeOf(version))],
    ["examples", examplesText(version.manifest)],
    ["trained", trainingText(version.manifest)],
    ["digest", version.digest],
    ["author", version.author],
    ["message", version.message],
    ["created", `${relativeTime(version.created_at, now)} (${version.created_at})`],
  ];
}

/** What the gates of its last rollout said. */
function gateFacts(gates: readonly KeptGate[]): Facts {
  const [newest] = gates;
  const last = gates.filter(({ rollout }) => rollout === newest?.rollout).toReversed();
  return [["gates", last.map(({ gate, verdict, message }) => `${gate}: ${verdict}. ${message}`).join("\n")]];
}

export const show: Run = async (context, input) => {
  const { name, version, alias } = requireAddress(argument(input, 0));
  const client = context.client();
  const named = version ?? alias;
  if (named !== undefined) {
    const found = await client.versions.get(name, named);
    // A server of before knows of none.
    const lineage = await client.versions.lineage(name, found.version).catch(() => null);
    const gates = await client.versions.gates(name, found.version).catch(() => []);
    const facts = [...versionFacts(found, context.now()), ...gateFacts(gates)];
    writeOne(context, { ...found, lineage, gates }, lineage === null ? facts : [...facts, ...lineageFacts(lineage)]);
    return;
  }
  const model = await client.models.get(name);
  const rollout = (await findRunning(context, name)).get(name);
  writeOne(context, model, [
    ["model", model.name],
    ["about", model.description],
    ["versions", model.versions],
    ["latest", model.latest === null ? null : `${model.name}@${model.latest}`],
    ["aliases", aliasesText(model.aliases)],
    ["rollout", rollout && `${versionsText(rollout)}, ${phaseText(rollout, context.now())}: ${trackText(rollout)}`],
    ["created", `${relativeTime(model.created_at, context.now())} (${model.created_at})`],
  ]);
  if (context.settings.format === "table" && model.latest !== null)
    note(context, `\nOne version: slipway show ${model.name}@${model.latest}`);
};

export const diff: Run = async (context, input) => {
  const from = requireVersionAddress(argument(input, 0));
  const to = requireVersionAddress(argument(input, 1));
  if (from.name !== to.name)
    throw new UsageError(`Only versions of one model can be compared, and ${from.name} is not ${to.name}.`);
  const between = { from: from.version, to: to.version };
  const found = await context.client().versions.diff(from.name, between);
  // Two measurements never agree, and say little about what the versions do.
  const changes = found.changes.filter(
    ({ path }) => input.options.all === true || !/^(?:report|program\.translation)(?:\.|$)/.test(path),
  );
  if (context.settings.format === "json") return writeOne(context, { ...found, changes }, []);
  if (changes.length === 0) note(context, "They do not differ.");
  await writeChanges(context, changes);
  if (changes.length < found.changes.length)
    note(context, "\nWhat the probe measured is left out; --all shows it too.");
};
