import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";
import { parseChecks } from "../python-checks.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/frameworks/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";
const checks = [
  "deploy_by_alias",
  "update",
  "deploy_a_run",
  "errors_say_why",
  "find_the_server",
  "delete",
  "webhooks_of_the_same_client",
];

/** A folder of packages with ours as `pip` would install it, entry points and all. */
function installPackage(folder: string): void {
  const info = join(folder, "slipway-0.1.0.dist-info");
  mkdirSync(info);
  symlinkSync(join(root, "python/slipway"), join(folder, "slipway"));
  const project = readFileSync(join(root, "python/pyproject.toml"), "utf8");
  const [, group, entries] = /\[project\.entry-points\."(.+)"\]\n((?:\w.*\n)+)/.exec(project)!;
  writeFileSync(join(info, "METADATA"), "Metadata-Version: 2.1\nName: slipway\nVersion: 0.1.0\n");
  writeFileSync(join(info, "entry_points.txt"), `[${group}]\n${entries!.replaceAll('"', "")}`);
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("mlflow.deployments finds the target slipway", () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-packages-"));
  let said: ReadonlyMap<string, string | null> = new Map();
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeAll(async () => {
    installPackage(folder);
    const script = join(root, "test/interop/mlflow-deployments/use_deployments.py");
    const { stdout } = await promisify(execFile)(join(bin!, "python"), [script, server.url], {
      timeout: 240_000,
      maxBuffer: 16 * 1024 * 1024,
      env: { PATH: process.env["PATH"], HOME: folder, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: "1" },
    });
    said = parseChecks(stdout);
  }, 300_000);

  test.each(checks)("%s", (name) => expect(said.get(name)).toBe(null));
});
