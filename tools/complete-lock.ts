import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./layer-list.ts";

/**
 * Adds to package-lock.json the binaries for other platforms that a registry mirror did not serve when the lock was
 * written: without their entries `npm ci` calls the lock incomplete everywhere. Run after `npm install`, where
 * `npm ci` complains so. The entries carry no integrity; npm adds it where it can fetch the package.
 */
interface Entry {
  version?: string;
  dev?: boolean;
  optional?: boolean;
  os?: string[];
  cpu?: string[];
  libc?: string[];
  optionalDependencies?: Record<string, string>;
}

const systems = ["darwin", "linux", "win32", "android", "freebsd", "openbsd", "netbsd", "openharmony", "sunos", "aix"];
const processors = ["arm64", "x64", "arm", "ia32", "ppc64", "riscv64", "s390x", "loong64", "wasm32"];

function toEntry(name: string, version: string, dev: boolean): Entry {
  const parts = name.split(/[/-]/).map((part) => (part.startsWith("arm-") || part === "armv7" ? "arm" : part));
  const libc = parts.includes("musl") ? ["musl"] : parts.includes("gnu") ? ["glibc"] : [];
  return {
    version,
    cpu: parts.filter((part) => processors.includes(part)).slice(0, 1),
    ...(dev ? { dev } : {}),
    ...(libc.length > 0 ? { libc } : {}),
    optional: true,
    os: parts.filter((part) => systems.includes(part)).slice(0, 1),
  };
}

const path = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8")) as { packages: Record<string, Entry> };
let added = 0;
for (const [where, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const places = [`${where}/node_modules/${name}`, `node_modules/${name}`];
    if (places.some((place) => place in lock.packages)) continue;
    const made = toEntry(name, version, entry.dev ?? false);
    if (made.os?.length !== 1 || made.cpu?.length !== 1) throw new Error(`What platform is ${name} for?`);
    lock.packages[`node_modules/${name}`] = made;
    added += 1;
  }
}
const sorted = Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
console.log(`Added ${added} entries.`);
