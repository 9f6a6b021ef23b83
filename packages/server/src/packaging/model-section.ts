import {
  canonicalJson,
  toManifestExamples,
  toManifestInput,
  type Manifest,
  type ManifestEnvironment,
  type ManifestExamples,
  type ManifestInput,
  type ManifestTraining,
} from "@slipway/contract";
import { defaultTolerance } from "@slipway/runtime";
import { createHash } from "node:crypto";

/**
 * The `model:` section in one form for each meaning. Inputs and outputs are lists sorted by name; the inputs of a packed
 * model, or of one that says nothing of them, stay in their order, which says which column of the matrix is which.
 */
export interface ModelSection {
  readonly path: string;
  readonly flavor?: string;
  readonly runtime?: string;
  readonly environment?: ManifestEnvironment;
  readonly command?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly inputs?: readonly ({ readonly name: string } & ManifestInput)[];
  readonly outputs?: readonly { readonly name: string; readonly classes?: readonly string[] }[];
  readonly examples?: { readonly path: string; readonly absolute: number; readonly relative: number };
  readonly training?: ManifestTraining;
}

export function toModelSection(path: string, model: Manifest["model"] | null, packed: boolean): ModelSection {
  const inputs = Object.entries(model?.inputs ?? {}).map(([name, value]) => {
    const { nullable, ...input } = toManifestInput(value);
    return { name, ...input, ...(nullable === true ? { nullable } : {}) };
  });
  const outputs = Object.entries(model?.outputs ?? {}).flatMap(([name, { classes }]) =>
    classes === undefined ? [] : [{ name, classes }],
  );
  const { flavor, runtime, environment, command, options } = model ?? {};
  return {
    path,
    ...(flavor && { flavor }),
    ...(runtime && runtime !== "auto" && { runtime }),
    ...(environment && { environment }),
    ...(command && { command }),
    ...(options && { options }),
    ...(inputs.length > 0 ? { inputs: packed ? inputs : inputs.toSorted(byName) } : {}),
    ...(outputs.length > 0 ? { outputs: outputs.toSorted(byName) } : {}),
    ...(model?.examples === undefined ? {} : { examples: toExamplesSection(model.examples) }),
    ...(Object.keys(model?.training ?? {}).length > 0 ? { training: model!.training! } : {}),
  };
}

function toExamplesSection(said: string | ManifestExamples): NonNullable<ModelSection["examples"]> {
  const { path, absolute = defaultTolerance.absolute, relative = defaultTolerance.relative } = toManifestExamples(said);
  return { path, absolute, relative };
}

/** When the model was trained, in milliseconds since 1970 (a date is its first moment in UTC); null where nobody said. */
export function toTrainedAt(section: object | null): number | null {
  const at = (section as ModelSection | null)?.training?.at;
  return at === undefined ? null : Date.parse(at);
}

export interface FileDigest {
  /** Below the model's folder. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** SHA-256 in hex of a version's files and its model section: what two versions share where they are the same. */
export function versionDigest(files: readonly FileDigest[], model: ModelSection): string {
  const sorted = files.map(({ path, sha256 }) => ({ path, sha256 })).toSorted((a, b) => compare(a.path, b.path));
  return createHash("sha256")
    .update(canonicalJson({ files: sorted, model }))
    .digest("hex");
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return compare(a.name, b.name);
}

/** By code unit: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
