import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Slipway's own Python files: beside the packages, or beside the program where it is packed. */
export const pythonFolder: string = findFolder();

function findFolder(): string {
  const candidates = ["../../../../python/", "../python/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return candidates.find((folder) => existsSync(`${folder}__main__.py`)) ?? candidates[0]!;
}

/** The process of a Python model: an interpreter of the model's environment that sees neither the user's own packages nor a working folder. */
export function pythonModelCommand(interpreter: string): readonly [string, ...string[]] {
  return [interpreter, "-s", pythonFolder];
}
