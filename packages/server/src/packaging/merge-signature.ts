import {
  invalidManifest,
  suggestion,
  toManifestInput,
  type Manifest,
  type ManifestInput,
  type ManifestProblem,
} from "@slipway/contract";
import { isFloat, type InputSpec, type Signature } from "@slipway/runtime";
import { mergeOutputs } from "./merge-outputs.ts";
import { datatypeOf, describePort, showShape, toTraits, typeOf } from "./port-types.ts";

export interface FileFacts {
  /** As the probe saw it. */
  readonly signature: Signature;
  /** Labels of the columns of outputs that a ZipMap made. */
  readonly classes: Readonly<Record<string, readonly string[]>>;
  /** Names of the columns of a matrix input, where the file itself says them. */
  readonly columns: readonly string[] | null;
}

/**
 * The signature that callers see: the file's, with what the manifest adds. The manifest never overrules the file.
 * @throws SlipwayError `invalid_manifest` that names what the file has
 */
export function mergeSignature(file: FileFacts, model: Manifest["model"] | null): Signature {
  const problems: ManifestProblem[] = [];
  const said = new Map(Object.entries(model?.inputs ?? {}).map(([name, value]) => [name, toManifestInput(value)]));
  const matrix = findMatrix(file.signature);
  const names = [...said.keys()];
  const isPacked = matrix !== null && names.length > 0 && !names.includes(matrix.name);
  const columns = isPacked ? names : matrix !== null && names.length === 0 ? file.columns : null;
  const inputs =
    matrix !== null && columns !== null
      ? packedInputs(file.signature, { matrix, columns, said }, problems)
      : plainInputs(file.signature, said, problems);
  const outputs = mergeOutputs({ outputs: file.signature.outputs, classes: file.classes }, model, problems);
  requireNoProblems(problems);
  // What a model of another framework is, its process has said already.
  const packed =
    matrix !== null && columns !== null ? { tensor: matrix.name, datatype: matrix.datatype } : file.signature.packed;
  return { ...file.signature, inputs, outputs, packed };
}

/** @throws SlipwayError `invalid_manifest` */
export function requireNoProblems(problems: ManifestProblem[]): void {
  if (problems.length > 0) throw invalidManifest(problems);
}

/** The only input, where it is a float matrix: its columns can have names. */
export function findMatrix(signature: Signature): InputSpec | null {
  const [only, ...others] = signature.inputs;
  return only !== undefined && others.length === 0 && only.shape.length === 2 && isFloat(only.datatype) ? only : null;
}

interface Packing {
  readonly matrix: InputSpec;
  readonly columns: readonly string[];
  readonly said: ReadonlyMap<string, ManifestInput>;
}

function packedInputs(file: Signature, { matrix, columns, said }: Packing, problems: ManifestProblem[]): InputSpec[] {
  const width = matrix.shape[1]!;
  if (width !== -1 && width !== columns.length)
    problems.push({
      path: "model.inputs",
      message: `names ${columns.length} columns, but the file has one input, ${describePort(matrix)}: name its ${width} columns in order, or describe ${JSON.stringify(matrix.name)} itself`,
    });
  return columns.map((name) => {
    const path = `model.inputs.${name}`;
    const input = said.get(name) ?? { type: typeOf[matrix.datatype] };
    if (datatypeOf[input.type] === "BYTES")
      problems.push({ path, message: `is text, but becomes a column of ${describePort(matrix)}` });
    if (input.shape !== undefined && input.shape.length > 1)
      problems.push({
        path: `${path}.shape`,
        message: "a column of a matrix has one value a row; leave the shape out",
      });
    // JSON moves such keys to the front, so their order is lost on the way.
    if (/^(0|[1-9]\d*)$/.test(name) && said.size > 0)
      problems.push({ path, message: "a column cannot be called by a bare number, because its place would be lost" });
    return {
      name,
      datatype: datatypeOf[input.type],
      shape: [file.batched ? -1 : 1],
      ...toTraits(input),
    };
  });
}

function plainInputs(
  file: Signature,
  said: ReadonlyMap<string, ManifestInput>,
  problems: ManifestProblem[],
): InputSpec[] {
  const names = file.inputs.map((input) => input.name);
  for (const name of said.keys()) {
    if (names.includes(name)) continue;
    const has = file.inputs.map(describePort).join(", ");
    problems.push({
      path: `model.inputs.${name}`,
      message: `is no input of the file, which has ${has}.${suggestion(name, names)}`,
    });
  }
  return file.inputs.map((input) => {
    const extra = said.get(input.name);
    return extra === undefined ? input : mergeInput(input, extra, problems);
  });
}

function mergeInput(input: InputSpec, extra: ManifestInput, problems: ManifestProblem[]): InputSpec {
  const path = `model.inputs.${input.name}`;
  if (datatypeOf[extra.type] !== input.datatype)
    problems.push({ path, message: `is ${extra.type} here, but ${typeOf[input.datatype]} in the file` });
  if (extra.nullable === true && input.datatype === "BYTES")
    problems.push({ path: `${path}.nullable`, message: "is true, but an ONNX file knows no missing text" });
  if (extra.shape !== undefined && !canBe(input.shape, extra.shape))
    problems.push({
      path: `${path}.shape`,
      message: `is ${showShape(extra.shape)} here, but ${showShape(input.shape)} in the file`,
    });
  return {
    ...input,
    // What the file leaves open, the manifest may fix, but for the batch.
    shape: input.shape.map((size, i) => (i === 0 || size !== -1 ? size : (extra.shape?.[i] ?? size))),
    ...toTraits(extra),
  };
}

function canBe(file: readonly number[], said: readonly number[]): boolean {
  return file.length === said.length && file.every((size, i) => size === -1 || size === said[i] || said[i] === -1);
}
