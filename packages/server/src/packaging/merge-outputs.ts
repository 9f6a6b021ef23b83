import { suggestion, type Manifest, type ManifestProblem } from "@slipway/contract";
import { isFloat, type OutputSpec } from "@slipway/runtime";
import { describePort } from "./port-types.ts";

/** The outputs that a file has and the names of their classes, where it says them. */
export interface OutputFacts {
  readonly outputs: readonly OutputSpec[];
  readonly classes: Readonly<Record<string, readonly string[]>>;
}

/** The outputs with the class names that the manifest gives them; adds to `problems` what does not fit. */
export function mergeOutputs(
  file: OutputFacts,
  model: Manifest["model"] | null,
  problems: ManifestProblem[],
): OutputSpec[] {
  const { outputs } = file;
  const said = new Map(Object.entries(model?.outputs ?? {}));
  const names = outputs.map((output) => output.name);
  for (const name of said.keys()) {
    if (names.includes(name)) continue;
    const has = outputs.map(describePort).join(", ");
    problems.push({
      path: `model.outputs.${name}`,
      message: `is no output of the file, which has ${has}.${suggestion(name, names)}`,
    });
  }
  return outputs.map((output) => {
    const named = said.get(output.name)?.classes;
    const trouble = named === undefined ? null : findClassTrouble(output, named.length);
    if (trouble !== null) problems.push({ path: `model.outputs.${output.name}.classes`, message: trouble });
    const classes = named ?? file.classes[output.name];
    return classes === undefined ? output : { ...output, classes };
  });
}

/** Whether so many classes fit an output; OutputSpec says what they mean where. */
function findClassTrouble(output: OutputSpec, count: number): string | null {
  if (output.datatype === "BYTES") return "the output is text already, so classes have no meaning";
  if (!isFloat(output.datatype)) return null;
  const width = output.shape.length === 2 ? output.shape[1]! : output.shape.length < 2 ? 1 : null;
  if (width === -1 || (width === 1 && count === 2) || (width === count && width !== 1)) return null;
  const wanted = width === null ? "cannot have classes" : `wants ${width === 1 ? 2 : width}`;
  return `names ${count} classes, but ${describePort(output)} ${wanted}`;
}
