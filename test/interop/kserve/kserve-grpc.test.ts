import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { deploy } from "../../lib/deploy.ts";
import { patientServe } from "../../lib/faced-models.ts";
import { smallModel } from "../../lib/models.ts";
import { needs } from "../../lib/needs.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer } from "../../lib/server.ts";
import { runChecks } from "../python-checks.ts";

const bin = await findPythonEnvironment(join(root, "test/interop/kserve/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/kserve/requirements.txt";

const checks = ["health", "infer", "strings", "half_floats", "errors", "repository"] as const;

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("KServe's gRPC client, unmodified", () => {
  const server = useServer();
  let said: ReadonlyMap<string, string | null> = new Map();

  beforeAll(async () => {
    for (const name of ["vector", "one-text", "half"])
      await deploy(server.url, smallModel(name), {
        name: name.replaceAll("-", "_"),
        manifest: { serve: patientServe },
      });
    said = await runChecks(bin!, "kserve/grpc_client.py", [server.grpc]);
  }, 240_000);

  test.each(checks)("%s", (check) => expect(said.get(check)).toBeNull());
  test("all checks of the script are in the list", () =>
    expect([...said.keys()].toSorted()).toEqual([...checks].toSorted()));
});
