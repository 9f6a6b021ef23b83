import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../tools/layer-list.ts";

/** `source` runs the TypeScript of this checkout; `tarball` the packed package, installed in a folder of its own. */
export type From = "source" | "tarball";

let installed: string | null = null;

/** The file that Node starts; the tarball is packed and installed once a test process. */
export function findEntry(from: From = "source"): string {
  if (from === "source") return join(root, "packages/cli/src/bin.ts");
  installed ??= installTarball();
  return join(installed, "node_modules/slipway/bin/slipway.js");
}

function installTarball(): string {
  const out = join(root, "out");
  const quiet = { cwd: root, stdio: ["ignore", "ignore", "inherit"] as ["ignore", "ignore", "inherit"] };
  execFileSync("npm", ["run", "--silent", "pack"], quiet);
  const name = readdirSync(out).find((file) => file.endsWith(".tgz"));
  if (name === undefined || !existsSync(join(out, name))) throw new Error(`\`npm run pack\` left no .tgz in ${out}.`);
  const folder = mkdtempSync(join(tmpdir(), "slipway-package-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ private: true, allowScripts: { "onnxruntime-node": false } }),
  );
  writeFileSync(join(folder, ".npmrc"), "onnxruntime-node-install=skip\nfund=false\naudit=false\n");
  execFileSync("npm", ["install", "--silent", join(out, name)], { ...quiet, cwd: folder });
  return folder;
}

/** The environment of this process without what would change a Slipway or a Node that it starts. */
export function cleanEnv(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  const foreign = /^(SLIPWAY_|VITEST|NODE_OPTIONS$|NODE_ENV$|NODE_CHANNEL_|OTEL_|FORCE_COLOR$|MODE$|TEST$)/;
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !foreign.test(name));
  return { ...(Object.fromEntries(kept) as Record<string, string>), NO_COLOR: "1", ...extra };
}
