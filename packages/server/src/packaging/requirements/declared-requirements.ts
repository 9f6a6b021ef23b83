import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { parse as parseYaml } from "yaml";
import { SlipwayError } from "@slipway/contract";
import { readRequirementLines, readRequirementsFile, type RequirementsFile } from "./requirements-file.ts";

export interface Declared extends RequirementsFile {
  /** What the files say of Python; null where they do not. */
  readonly python: string | null;
  /** The file that names the packages; null where none does. */
  readonly source: string | null;
}

/** What lies beside the model: python_env.yaml and requirements.txt, else conda.yaml; of MLmodel the version of Python. */
export async function readDeclared(folder: string, below: string): Promise<Declared> {
  const at = (name: string) => posix.normalize(posix.join(below, name));
  const environment = await readMap(folder, at("python_env.yaml"));
  const conda = (await readMap(folder, at("conda.yaml"))) ?? (await readMap(folder, at("environment.yml")));
  const condaFile = (await readMap(folder, at("conda.yaml"))) === null ? at("environment.yml") : at("conda.yaml");
  const ofMlflow = findPythonVersion(await readMap(folder, at("MLmodel")));
  const ofConda = conda === null ? null : readConda(conda);
  const python = toPython(environment?.["python"]) ?? ofConda?.python ?? ofMlflow;
  const listed = environment?.["dependencies"];
  if (Array.isArray(listed)) {
    const path = at("python_env.yaml");
    return { ...(await readRequirementLines(folder, { path, lines: listed.map(String) })), python, source: path };
  }
  if (await exists(folder, at("requirements.txt"))) {
    const path = at("requirements.txt");
    return { ...(await readRequirementsFile(folder, path)), python, source: path };
  }
  if (ofConda !== null && ofConda.pip.length > 0) {
    const read = await readRequirementLines(folder, { path: condaFile, lines: ofConda.pip });
    const left = ofConda.left.length === 0 ? [] : [describeLeft(condaFile, ofConda.left)];
    return { ...read, notes: [...read.notes, ...left], python, source: condaFile };
  }
  return { requirements: [], constraints: [], notes: [], python, source: null };
}

/** pip is conda's own way in; all else that conda installs has no place here. */
function readConda(conda: Readonly<Record<string, unknown>>) {
  const all: unknown[] = Array.isArray(conda["dependencies"]) ? conda["dependencies"] : [];
  const names = all.filter((each) => typeof each === "string");
  const pip = all.flatMap((each) => {
    const nested = typeof each === "object" && each !== null ? (each as Record<string, unknown>)["pip"] : null;
    return Array.isArray(nested) ? nested.map(String) : [];
  });
  const pythonLine = names.find((name) => /^python\s*[=<>!~]/.test(name));
  return {
    pip,
    python: toPython(pythonLine?.replace(/^python\s*/, "").replace(/^=(?!=)/, "")),
    left: names.filter((name) => !/^(python|pip)\b/.test(name)),
  };
}

function describeLeft(path: string, left: readonly string[]): string {
  return `${path} names packages of conda, which are not installed: ${left.join(", ")}. What the model needs of them goes into model.environment.requirements of slipway.yaml.`;
}

function findPythonVersion(model: Readonly<Record<string, unknown>> | null): string | null {
  const flavors = model?.["flavors"] as Record<string, Record<string, unknown>> | undefined;
  return toPython(flavors?.["python_function"]?.["python_version"]);
}

/** YAML reads 3.11 as a number, and 3.10 as 3.1. */
function toPython(value: unknown): string | null {
  const text = typeof value === "number" ? (value === 3.1 ? "3.10" : String(value)) : value;
  if (typeof text !== "string" || text.trim() === "") return null;
  const trimmed = text.trim().replaceAll(/\.\*/g, "").replaceAll(/\s+/g, "");
  return trimmed.replace(/^==?(?=\d)/, "");
}

async function readMap(folder: string, path: string): Promise<Readonly<Record<string, unknown>> | null> {
  let text: string;
  try {
    text = await readFile(join(folder, path), "utf8");
  } catch {
    return null;
  }
  try {
    const data: unknown = parseYaml(text);
    return typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Record<string, unknown>) : {};
  } catch (error) {
    throw new SlipwayError(
      "invalid_model",
      `${path} cannot be read as YAML: ${(error as Error).message.split("\n")[0]}.`,
    );
  }
}

async function exists(folder: string, path: string): Promise<boolean> {
  return readFile(join(folder, path)).then(
    () => true,
    () => false,
  );
}
