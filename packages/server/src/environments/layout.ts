import { join } from "node:path";

/** Where things are below the folder of environments. */
export interface Layout {
  readonly folder: string;
  /** Whole environments. */
  readonly built: string;
  /** What is being made, or was given up. */
  readonly temp: string;
  readonly locks: string;
  /** Packages as uv keeps them. */
  readonly cache: string;
  /** Wheels that came with models, by digest. */
  readonly wheels: string;
  /** Interpreters that uv has fetched. */
  readonly pythons: string;
  readonly tools: string;
  /** What was resolved for overlays. */
  readonly overlays: string;
}

export function layoutOf(folder: string): Layout {
  const below = (name: string) => join(folder, name);
  return {
    folder,
    built: below("built"),
    temp: below("tmp"),
    locks: below("locks"),
    cache: below("cache"),
    wheels: below("wheels"),
    pythons: below("pythons"),
    tools: below("tools"),
    overlays: below("overlays"),
  };
}

/** The interpreter of a virtual environment. */
export function pythonOf(folder: string): string {
  return process.platform === "win32" ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

/** Where a virtual environment has its packages, relative to it. */
export function packagesOf(minor: string): string {
  return process.platform === "win32" ? join("Lib", "site-packages") : join("lib", `python${minor}`, "site-packages");
}
