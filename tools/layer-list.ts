import { readFileSync } from "node:fs";
import { join } from "node:path";

/** `layers.json`: who may import whom. A location is `PACKAGE/FOLDER-OR-FILE` below `packages/PACKAGE/src`; `*` is one segment. */
export interface Layers {
  /** Package -> the packages that it may import. */
  readonly packages: Readonly<Record<string, readonly string[]>>;
  /** Folders (or files) of the server, lowest first. */
  readonly server: readonly string[];
  /** Folders of the server that are no capabilities: their files may be imported one by one. */
  readonly open: readonly string[];
  /** Folders of the server that may import the package `runtime`. */
  readonly runtimeUsers: readonly string[];
  /** Folders whose sub-folders never import each other. */
  readonly isolated: readonly string[];
  /** Package -> packages that it loads with `import()` only. */
  readonly lazy: Readonly<Record<string, readonly string[]>>;
  /** Module -> the locations that may import it. */
  readonly drivers: Readonly<Record<string, readonly string[]>>;
  /** Global, or `object.property` -> the locations that may use it. */
  readonly ambient: Readonly<Record<string, readonly string[]>>;
}

export const root = join(import.meta.dirname, "..");

export function readLayers(): Layers {
  return JSON.parse(readFileSync(join(root, "layers.json"), "utf8")) as Layers;
}

/** Whether `path` (written as a location) is `location` itself or lies below it. */
export function covers(location: string, path: string): boolean {
  const have = path.split("/");
  return location
    .split("/")
    .every((segment, at) => segment === have[at] || (segment === "*" && have[at] !== undefined));
}
