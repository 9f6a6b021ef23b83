import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { cleanEnv } from "../lib/entry.ts";
import { patientFlights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();
const folder = mkdtempSync(join(tmpdir(), "slipway-how-to-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = readFileSync(join(root, "docs/how-to/call-from-typescript.md"), "utf8");
const pieces = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

beforeAll(async () => {
  const { v1, v2 } = patientFlights();
  await deploy(server.url, v1);
  await deploy(server.url, v2, { traffic: false });
  // A project as a user has it: the packages by their names, the types beside the program.
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["@slipway", "@types"])
    symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
  const compilerOptions = {
    target: "es2024",
    lib: ["es2024", "dom", "dom.asynciterable"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    skipLibCheck: true,
  };
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["ask.ts"] }));
});

function node(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: "utf8",
    env: cleanEnv(),
  });
  return { status, stdout, stderr };
}

test("what the page says compiles and runs against the types of a real endpoint", { timeout: 60_000 }, async () => {
  expect(pieces.length).toBeGreaterThan(5);
  const types = await runCli(["types", "flight-delay", "--out", "flight-delay.ts"], { url: server.url, cwd: folder });
  expect(types.code, types.stderr).toBe(0);
  const program = pieces.join("\n");
  expect(program).toContain('"http://127.0.0.1:8080"');
  writeFileSync(join(folder, "ask.ts"), program.replace("http://127.0.0.1:8080", server.url));
  expect(node(join(root, "node_modules/typescript/bin/tsc"))).toEqual({ status: 0, stdout: "", stderr: "" });

  const { status, stdout, stderr } = node("ask.ts");
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^(late|on_time) 0\.\d+ version 1 [0-9a-f-]{36}$/m);
  expect(stdout).toMatch(/^[0-9a-f-]{36}\/1 (late|on_time)$/m);
  expect(stdout).toMatch(/^AA 17 1 \{/m);
  expect(stdout).toMatch(/^AA 18 1 \{/m);
  expect(stdout).toMatch(/^invalid_input .*hour/m);
  expect(stdout).toMatch(/^version 2 (late|on_time)$/m);
  expect(stdout).not.toMatch(/not the model|no answer|could not/);
});
