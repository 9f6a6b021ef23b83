import { posix } from "node:path";
import { covers, type Layers } from "../../tools/layer-list.ts";

export interface Import {
  /** Path from the root of the repository, with forward slashes. */
  readonly file: string;
  readonly specifier: string;
  /** `url` is `new URL("./worker...", import.meta.url)`: no import, but as strong a tie. */
  readonly kind: "value" | "type" | "dynamic" | "url";
}

const statement = /\b(?:import|export)\s+(type\s+)?(?:[\w$*{},\s]+?\s*from\s*)?["']([^"'\n]+)["']/g;
const dynamic = /\bimport\(\s*["'`]([^"'`\n]+)["'`]/g;
const url = /\bnew URL\(\s*["'`](\.[^"'`\n]+)["'`]/g;

/** Every import of a source: static, type-only, re-exported, dynamic, and files named by a URL beside it. */
export function listImports(file: string, source: string): Import[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(])\/\/.*$/gm, "");
  return [
    ...Array.from(code.matchAll(statement), ([, type, specifier = ""]) => ({ file, specifier, kind: kindOf(type) })),
    ...Array.from(code.matchAll(dynamic), ([, specifier = ""]) => ({ file, specifier, kind: "dynamic" as const })),
    ...Array.from(code.matchAll(url), ([, specifier = ""]) => ({ file, specifier, kind: "url" as const })),
  ];
}

function kindOf(type: string | undefined): "value" | "type" {
  return type === undefined ? "value" : "type";
}

export function isTest(file: string): boolean {
  return file.endsWith(".test.ts") || file.includes("/testing/");
}

/** What is wrong with one import by `layers.json`, or null. Tests are free in drivers and in what they look into. */
export function findFault(layers: Layers, { file, specifier, kind }: Import): string | null {
  const from = toPlace(file);
  if (from === null) return null;
  // Fixtures of a test, and the version of a package, are read as files.
  if (kind === "url" && (isTest(file) || specifier.endsWith("/package.json"))) return null;
  if (specifier.startsWith(".")) return findRelativeFault(layers, { file, from }, specifier);
  const ours = /^@slipway\/([^/]+)/.exec(specifier)?.[1];
  if (ours !== undefined) return findPackageFault(layers, from, { name: ours, kind });
  const driver = Object.keys(layers.drivers).find((name) => specifier === name || specifier.startsWith(`${name}/`));
  const allowed = driver === undefined ? [] : (layers.drivers[driver] ?? []);
  if (driver === undefined || isTest(file) || allowed.some((place) => covers(place, from))) return null;
  return `the driver ${driver} lives in ${allowed.join(", ")}`;
}

/** `packages/server/src/kernel/ids.ts` -> `server/kernel/ids.ts`; null outside the sources of a package. */
function toPlace(file: string): string | null {
  const [top, name, src, ...rest] = file.split("/");
  return top === "packages" && src === "src" ? [name, ...rest].join("/") : null;
}

function findPackageFault(layers: Layers, from: string, to: { name: string; kind: Import["kind"] }): string | null {
  const [own = "", folder = ""] = from.split("/").map((part) => part.replace(/\.ts$/, ""));
  if (!(layers.packages[own] ?? []).includes(to.name)) return `${own} may not import ${to.name}`;
  if ((layers.lazy[own] ?? []).includes(to.name) && to.kind === "value") return `${own} loads ${to.name} with import()`;
  if (own !== "server" || to.name !== "runtime" || isTest(from)) return null;
  return layers.runtimeUsers.includes(folder) || folder === "index" ? null : `${folder} may not use the runtime`;
}

function findRelativeFault(layers: Layers, at: { file: string; from: string }, specifier: string): string | null {
  const path = posix.join(posix.dirname(at.file), specifier);
  // What the machine has and where the data for tests is; real flights.
  if (isTest(at.file) && /^(?:test\/lib|examples)\//.test(path)) return null;
  const to = toPlace(path);
  const [fromPackage, ...fromPath] = at.from.split("/");
  const [toPackage, ...toPath] = (to ?? "").split("/");
  if (to === null || fromPackage !== toPackage) return "a relative import stays in the sources of its package";
  if (fromPackage !== "server") return null;
  const [own = "", other = ""] = [fromPath[0], toPath[0]].map((name) => (name ?? "").replace(/\.[tj]s$/, ""));
  if (own === "index") return null;
  if (own === other) {
    const apart =
      layers.isolated.includes(own) && fromPath.length > 2 && toPath.length > 2 && fromPath[1] !== toPath[1];
    return apart ? `${own}/${fromPath[1]} never imports ${own}/${toPath[1]}` : null;
  }
  const [left, right] = [layers.server.indexOf(other), layers.server.indexOf(own)];
  if (right < 0 || left < 0) return `${right < 0 ? own : other} is not in layers.json`;
  if (left > right) return `${own} imports only from its left, and ${other} is to its right`;
  const inside = !layers.open.includes(other) && toPath.slice(1).join("/") !== "index.ts";
  return inside && !isTest(at.file) ? `${other} is imported through its index.ts` : null;
}

/** The first loop among relative imports, type-only ones included, as a list of files; null where there is none. */
export function findCycle(imports: readonly Import[]): readonly string[] | null {
  const edges = new Map<string, string[]>();
  for (const { file, specifier, kind } of imports) {
    if (!specifier.startsWith(".") || kind === "url") continue;
    edges.set(file, [...(edges.get(file) ?? []), posix.join(posix.dirname(file), specifier)]);
  }
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle !== null) return cycle;
    }
    done.add(file);
    return null;
  };
  for (const file of edges.keys()) {
    const cycle = visit(file, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
