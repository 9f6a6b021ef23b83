import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { minimalEnvironment } from "./environment.ts";

export type FoundPackage =
  | { readonly folder: string; readonly why: string }
  | { readonly folder: null; readonly why: string };

const script = `import importlib.util, sys
spec = importlib.util.find_spec(sys.argv[1])
print(list(spec.submodule_search_locations)[0] if spec and spec.submodule_search_locations else "")`;

/** The folder of a package of the Python in VIRTUAL_ENV, or of python3 on PATH; the package is not imported. */
export async function findPythonPackage(name: string): Promise<FoundPackage> {
  const home = process.env["VIRTUAL_ENV"];
  const python = home ? join(home, "bin", "python") : "python3";
  try {
    const how = { timeout: 30_000, env: minimalEnvironment() };
    const { stdout } = await promisify(execFile)(python, ["-c", script, name], how);
    const folder = stdout.trim();
    return folder === "" ? { folder: null, why: `${python} has no package ${name}` } : { folder, why: "" };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { folder: null, why: code === "ENOENT" ? `there is no ${python}` : `${python} failed: ${message}` };
  }
}
