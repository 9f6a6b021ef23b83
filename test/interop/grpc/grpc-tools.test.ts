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

const bin = await findPythonEnvironment(join(root, "test/interop/grpc/requirements.txt"));
const what = "a Python 3.11 with the packages of test/interop/grpc/requirements.txt";

const checks = ["reflection", "health"] as const;

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))(
  "reflection and health of gRPC's own packages",
  () => {
    const server = useServer();
    let said: ReadonlyMap<string, string | null> = new Map();

    beforeAll(async () => {
      await deploy(server.url, smallModel("simple"), { manifest: { serve: patientServe } });
      said = await runChecks(bin!, "grpc/tools.py", [server.grpc]);
    }, 240_000);

    test.each(checks)("%s", (check) => expect(said.get(check)).toBeNull());
    test("all checks of the script are in the list", () =>
      expect([...said.keys()].toSorted()).toEqual([...checks].toSorted()));
  },
);
