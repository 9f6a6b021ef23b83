import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../../lib/cli.ts";
import { deploy } from "../../lib/deploy.ts";
import { fetchJson } from "../../lib/fetch-json.ts";
import { patientServe } from "../../lib/faced-models.ts";
import { needs } from "../../lib/needs.ts";
import { findPackageIndex, sharedEnvironments } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";

const hasIndex = needs("a Python and an index of packages", await findPackageIndex(), { inCi: "required" });
const folder = mkdtempSync(join(tmpdir(), "slipway-envs-"));
const file = join(folder, "model.py");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Answers with the version of what is installed. */
const toModel = (module: string) => `
import ${module} as it
inputs = {"x": "float64"}
def predict(data):
    return [it.__version__ for _ in data["x"]]
`;

interface Wanted {
  readonly name: string;
  readonly module: string;
  readonly requirement: string;
}

async function deployModel(url: string, { name, module, requirement }: Wanted): Promise<void> {
  writeFileSync(file, toModel(module));
  const environment = { python: ">=3.10,<3.13", requirements: [requirement] };
  await deploy(url, file, { name, manifest: { model: { path: "model.py", environment }, serve: patientServe } });
}

async function ask(url: string, name: string): Promise<string> {
  const { body } = await fetchJson(`${url}/api/v1/endpoints/${name}/predict`, { json: { x: 1 } });
  return body.prediction.prediction;
}

describe.skipIf(!hasIndex)("releases of scikit-learn", () => {
  const server = useServer();

  test("serve side by side, each from an environment of its own", async () => {
    await deployModel(server.url, { name: "older", module: "sklearn", requirement: "scikit-learn==1.5.2" });
    await deployModel(server.url, { name: "newer", module: "sklearn", requirement: "scikit-learn==1.6.1" });
    expect([await ask(server.url, "older"), await ask(server.url, "newer")]).toEqual(["1.5.2", "1.6.1"]);
    const used: string[] = [];
    for await (const { versions } of createClient({ url: server.url }).environments.all({ limit: 1 }))
      used.push(...versions);
    expect(used.toSorted()).toEqual(["newer@1", "older@1"]);
  }, 600_000);
});

describe.skipIf(!hasIndex)("slipway envs", () => {
  const envs = join(folder, "envs");
  mkdirSync(envs);
  // Environments of this test alone, made of packages that were fetched for all.
  for (const name of ["tools", "cache"]) {
    mkdirSync(join(sharedEnvironments(), name), { recursive: true });
    symlinkSync(join(sharedEnvironments(), name), join(envs, name));
  }
  const server = useServer({ env: { SLIPWAY_ENVS: envs } });
  const cli = (...args: string[]) => runCli(args, { url: server.url, timeoutMs: 120_000 });
  const built = () => readdirSync(join(envs, "built"));

  beforeAll(async () => {
    await deployModel(server.url, { name: "small", module: "numpy", requirement: "numpy==1.26.4" });
  }, 300_000);

  test("lists, and finds what was changed, and makes it anew without the index", async () => {
    expect((await cli("envs")).stdout).toMatch(/^[0-9a-f]{12} +3\.1\d\.\d+ +1 .* small@1$/m);
    const hash = built()[0]!.slice(0, 12);
    const lib = join(envs, "built", built()[0]!, "lib");
    appendFileSync(join(lib, readdirSync(lib)[0]!, "site-packages/numpy/version.py"), "# changed\n");
    const damaged = await cli("envs", "verify");
    expect(damaged.code).toBe(1);
    expect(damaged.stdout).toContain("numpy/version.py is not what numpy 1.26.4 brought along");
    expect(damaged.stderr).toContain(`slipway envs rebuild ${hash}`);
    expect(await cli("envs", "rebuild", hash, "--offline")).toMatchObject({ code: 0 });
    expect(await cli("envs", "verify", hash)).toMatchObject({ code: 0, stdout: expect.stringContaining("whole") });
    expect(await cli("envs", "verify", "0000")).toMatchObject({ code: 4 });
  }, 120_000);

  test("takes an environment away when no version needs it, and not before", async () => {
    expect((await cli("envs", "prune", "--older-than", "1ms")).stderr).toContain("0 B freed");
    expect(await ask(server.url, "small")).toBe("1.26.4");
    await cli("undeploy", "small", "--yes");
    await cli("delete", "small", "--yes");
    const dry = await cli("envs", "prune", "--older-than", "1ms", "--dry-run", "-o", "json");
    expect(JSON.parse(dry.stdout)).toMatchObject({ dry_run: true, removed: [{ hash: expect.any(String) }] });
    expect(built()).toHaveLength(1);
    expect(await cli("envs", "prune", "--older-than", "1ms")).toMatchObject({ code: 0 });
    expect(built()).toEqual([]);
  }, 120_000);
});
