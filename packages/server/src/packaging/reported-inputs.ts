import {
  invalidManifest,
  suggestion,
  toManifestInput,
  type Manifest,
  type ManifestInput,
  type ManifestProblem,
} from "@slipway/contract";
import { isFloat, type InputSpec, type ModelReport, type ReportedInput, type Signature } from "@slipway/runtime";
import { datatypeOf, toTraits } from "./port-types.ts";

type ManifestModel = Manifest["model"] | null;

/**
 * What a model takes: what its process says, with what the manifest says of types, missing values, ranges and categories. The model
 * knows the names and their order; of types it often only guesses, so there the manifest is believed.
 * The outputs are left open. @throws SlipwayError `invalid_manifest`
 */
export function toReportedInputs(report: ModelReport, model: ManifestModel): Signature {
  const said = new Map(Object.entries(model?.inputs ?? {}).map(([name, value]) => [name, toManifestInput(value)]));
  const { inputs: reported, batched } = report;
  const array = findArray(reported);
  if (array !== null && said.size > 0 && !said.has(array.name)) {
    const packed = { tensor: array.name, datatype: array.datatype };
    return { inputs: toColumns(array, said), outputs: [], packed, batched };
  }
  const inputs = reported === null ? fromManifest(said) : fromReport(reported, said);
  const isNumber = (spec: InputSpec) => spec.shape.length === 1 && spec.datatype !== "BYTES";
  return { inputs, outputs: [], packed: inputs.every(isNumber) ? report.matrix : null, batched };
}

/** The only input, where it is an array of numbers whose columns have no names: the manifest can give them some. */
function findArray(reported: ModelReport["inputs"]): ReportedInput | null {
  const [only, ...others] = reported ?? [];
  const isArray = only?.shape.length === 2 && others.length === 0 && isFloat(only.datatype);
  return isArray ? only : null;
}

function fromManifest(said: ReadonlyMap<string, ManifestInput>): InputSpec[] {
  if (said.size === 0)
    throw invalidManifest([
      {
        path: "model.inputs",
        message:
          "is missing, and the model itself does not say what it takes: name its inputs with their types, {age: float64, city: string}",
      },
    ]);
  return [...said].map(([name, input]) => ({
    name,
    datatype: datatypeOf[input.type],
    shape: input.shape ?? [-1],
    ...toTraits(input),
  }));
}

function fromReport(reported: readonly ReportedInput[], said: ReadonlyMap<string, ManifestInput>): InputSpec[] {
  const names = reported.map(({ name }) => name);
  const unknown = [...said.keys()].filter((name) => !names.includes(name));
  if (unknown.length > 0) throw invalidManifest(unknown.map((name) => toProblem(name, names)));
  return reported.map((input) => {
    const extra = said.get(input.name);
    const base: InputSpec = { ...input, datatype: input.datatype };
    if (extra === undefined) return base;
    const { nullable, ...traits } = toTraits(extra);
    const { format: _, ...rest } = base;
    return {
      ...(extra.type === "datetime" || extra.type !== "string" ? rest : base),
      datatype: datatypeOf[extra.type],
      shape: extra.shape ?? input.shape,
      ...traits,
      nullable: extra.nullable === undefined ? input.nullable : nullable,
    };
  });
}

/** The columns of a bare array, as the manifest names them in order. */
function toColumns(matrix: ReportedInput, said: ReadonlyMap<string, ManifestInput>): InputSpec[] {
  const width = matrix.shape[1]!;
  if (width !== -1 && width !== said.size)
    throw invalidManifest([
      {
        path: "model.inputs",
        message: `names ${said.size} columns, but the model takes an array of ${width}: name all, in order`,
      },
    ]);
  return [...said].map(([name, input]) => ({
    name,
    datatype: datatypeOf[input.type],
    shape: [-1],
    ...toTraits(input),
  }));
}

function toProblem(name: string, names: readonly string[]): ManifestProblem {
  const has = names.length > 20 ? `${names.slice(0, 20).join(", ")}, ...` : names.join(", ");
  return {
    path: `model.inputs.${name}`,
    message: `is no input of the model, which has ${has}.${suggestion(name, names)}`,
  };
}
