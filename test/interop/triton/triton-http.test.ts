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

const bin = await findPythonEnvironment(join(root, "test/interop/triton/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/triton/requirements.txt";

const clients = {
  "triton/http_sync.py": [
    "health",
    "metadata",
    "config",
    "binary_by_default",
    "json",
    "mixed",
    "strings",
    "every_datatype",
    "half_floats_have_no_json",
    "brain_floats_are_refused",
    "errors",
    "compression",
    "ids_versions_and_parameters",
    "timeouts",
    "classification",
    "async_infer",
    "statistics",
    "repository",
    "without_gevent",
    "raw_requests",
    "large_bodies",
  ],
  "triton/http_aio.py": [
    "health_and_metadata",
    "binary_and_json",
    "json_as_an_octet_stream_is_json",
    "many_at_once",
    "compression",
    "errors",
    "repository",
  ],
} as const;

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("tritonclient over HTTP, unmodified", () => {
  const server = useServer();
  const said = new Map<string, string | null>();

  beforeAll(async () => {
    for (const name of ["simple", "simple-string", "simple-identity", "one-text", "vector", "identity", "slow"])
      await deploy(server.url, smallModel(name), {
        name: name.replaceAll("-", "_"),
        manifest: { serve: patientServe },
      });
    for (const script of Object.keys(clients))
      for (const [check, error] of await runChecks(bin!, script, [server.url.replace("http://", "")]))
        said.set(`${script} ${check}`, error);
  }, 240_000);

  const all = Object.entries(clients).flatMap(([script, checks]) => checks.map((check) => `${script} ${check}`));
  test.each(all)("%s", (check) => expect(said.get(check)).toBeNull());
  test("all checks of the scripts are in the list", () => expect([...said.keys()].toSorted()).toEqual(all.toSorted()));
});
