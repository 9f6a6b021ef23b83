import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { deploy } from "../../lib/deploy.ts";
import { patientServe } from "../../lib/faced-models.ts";
import { flights, smallModel } from "../../lib/models.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { rounds } from "../../lib/rounds.ts";
import { useServer } from "../../lib/server.ts";

const here = join(root, "test/interop/schemathesis");
const bin = await findPythonEnvironment(join(here, "requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/schemathesis/requirements.txt";

/** No 5xx; statuses, content types and bodies are those of the document. */
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
];
const common = ["--checks", checks.join(","), "--seed", "1", "--continue-on-failure", "--suppress-health-check", "all"];
const quiet = ["--no-shrink", "--warnings", "off", "--request-timeout", "20"];

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("schemathesis on /openapi.json", () => {
  const server = useServer();
  const folder = mkdtempSync(join(tmpdir(), "slipway-schemathesis-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeAll(async () => {
    for (const name of ["vector", "matrix"])
      await deploy(server.url, smallModel(name), { manifest: { serve: patientServe } });
    await deploy(server.url, flights.v1, { manifest: { serve: patientServe } });
  }, 60_000);

  /** Its folder is the working one: it keeps what failed there. */
  function run(config: readonly string[], args: readonly string[]): Promise<{ code: number | null; said: string }> {
    const url = server.url;
    const whole = [...config, "run", `${url}/openapi.json`, "--url", url, ...common, ...quiet, ...args];
    return new Promise((resolve, reject) => {
      const child = spawn(join(bin!, "schemathesis"), whole, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => (said += text));
      child.on("error", reject).on("close", (code) => resolve({ code, said }));
    });
  }

  test("every operation, with whatever it makes up", { timeout: rounds(300_000, 3_600_000) }, async () => {
    // Coverage alone takes half a minute.
    const phases = rounds(0, 1) === 1 ? "examples,coverage,fuzzing" : "examples,fuzzing";
    const { code, said } = await run([], ["--phases", phases, "--max-examples", String(rounds(2, 200))]);
    expect(code, said.slice(-8000)).toBe(0);
  });

  test("predictions by models that there are", { timeout: rounds(200_000, 3_600_000) }, async () => {
    const only = ["--include-tag", "open inference protocol", "--include-tag", "predict"];
    const examples = ["--phases", "coverage,fuzzing", "--max-examples", String(rounds(5, 1000))];
    // Nothing may take away what is asked.
    const args = [...only, "--exclude-operation-id-regex", "[Ll]oad", ...examples];
    const { code, said } = await run(["--config-file", join(here, "served-models.toml")], args);
    expect(code, said.slice(-8000)).toBe(0);
  });
});
