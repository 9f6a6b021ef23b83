import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/layer-list.ts";

/** `source` runs the TypeScript of this checkout; `tarball` the packed package, installed in a folder of its own. */
export type From = "source" | "tarball";

let installed: string | null = null;

/** The packed program, where a whole run of the tests has packed it (`pack-once.ts`). */
const packed = process.env["SLIPWAY_TEST_ENTRY"];

/**
 * The file that Node starts. Where nobody says which, it is the packed program in a whole run of the tests: that is what users
 * have, and it starts in half the time. The first call for the tarball packs it, and installs it where it has changed.
 */
export function findEntry(from?: From): string {
  if (from !== "source" && packed !== undefined) return packed;
  if (from !== "tarball") return join(root, "packages/cli/src/bin.ts");
  installed ??= installTarball();
  return join(installed, "node_modules/slipway/bin/slipway.js");
}

/**
 * The command that runs an entry: this Node, with what the first line of the published program says before and after
 * `node`, as a shell would.
 */
export function toCommand(entry: string): string[] {
  const line = /^#!\/usr\/bin\/env -S (.*)\n/.exec(readFileSync(entry, "utf8"))?.[1];
  if (line === undefined) return [process.execPath, entry];
  const words = line.split(" ").map((word) => (word === "node" ? process.execPath : word));
  return ["env", ...words, entry];
}

/** One installation for all test processes, kept between runs while the tarball has the same bytes. */
function installTarball(): string {
  const cache = join(root, "node_modules/.cache/slipway-package");
  mkdirSync(cache, { recursive: true });
  return withLock(join(cache, "lock"), () => {
    run("npm", ["run", "--silent", "pack"], root);
    const name = readdirSync(join(root, "out")).find((file) => file.endsWith(".tgz"));
    if (name === undefined) throw new Error("`npm run pack` left no .tgz in out/.");
    const digest = createHash("sha256")
      .update(readFileSync(join(root, "out", name)))
      .digest("hex");
    const folder = join(cache, digest);
    if (existsSync(join(folder, "ready"))) return folder;
    for (const old of readdirSync(cache))
      if (old !== "lock") rmSync(join(cache, old), { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    cpSync(join(root, ".npmrc"), join(folder, ".npmrc"));
    writeFileSync(join(folder, "package.json"), '{ "private": true, "allowScripts": { "onnxruntime-node": false } }\n');
    run("npm", ["install", "--silent", join(root, "out", name)], folder);
    writeFileSync(join(folder, "ready"), "");
    return folder;
  });
}

function run(command: string, args: readonly string[], cwd: string): void {
  execFileSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"], env: cleanEnv() });
}

/** A folder as a lock between test processes; one that is five minutes old was left by a process that died. */
function withLock<T>(path: string, task: () => T): T {
  for (;;) {
    try {
      mkdirSync(path);
      break;
    } catch {
      const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 5 * 60_000) rmSync(path, { recursive: true, force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    return task();
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}

/** The environment of this process without what would change a Slipway or a Node that it starts. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const foreign = /^(SLIPWAY_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_CHANNEL_|OTEL_|FORCE_COLOR$|MODE$|TEST$)/;
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !foreign.test(name));
  // What bin/slipway.js switches on for users, without which each start strips the types of every file anew.
  const cache = { NODE_COMPILE_CACHE: join(root, "node_modules/.cache/slipway-compile") };
  return { ...(Object.fromEntries(kept) as Record<string, string>), NO_COLOR: "1", ...cache, ...extra };
}
