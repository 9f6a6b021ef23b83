import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClient } from "@slipway/sdk";
import { describe, expect, test } from "vitest";
import { root } from "../../../../tools/layer-list.ts";
import { runCli } from "../../../lib/cli.ts";
import { needs } from "../../../lib/needs.ts";
import { findPythonEnvironment, sharedEnvironments } from "../../../lib/python-environment.ts";
import { useServer } from "../../../lib/server.ts";

const requirements = join(root, "test/interop/frameworks/requirements.txt");
const bin = await findPythonEnvironment(requirements);
const what = "a Python 3.11 with the packages of test/interop/frameworks/requirements.txt";
const longMs = 280_000;

interface Registered {
  readonly runs: readonly string[];
  readonly [name: string]: unknown;
}

describe.skipIf(!needs(what, bin !== null, { inCi: "required" }))("the real mlflow client registers a model", () => {
  const server = useServer({ args: ["--envs", sharedEnvironments()] });

  test(
    "and slipway deploy serves it, with its lineage",
    async () => {
      const script = join(root, "test/interop/mlflow/registry/register.py");
      const { stdout } = await promisify(execFile)(join(bin!, "python"), [script, server.url], { timeout: longMs });
      const said = JSON.parse(stdout.trim().split("\n").at(-1)!) as Registered;
      expect(said).toMatchObject({
        loaded: [0, 0],
        latest: "2",
        copied: ["visitors-live", "1", said.runs[1]],
        found: [["1", "the first one"]],
        models: ["Visitors", "visitors-live"],
        by_alias: "1",
      });
      const deployed = await runCli(
        ["deploy", "models:/Visitors@best", "--endpoint", "visitors", "--json", "--url", server.url],
        { timeoutMs: longMs },
      );
      expect(deployed).toMatchObject({ code: 0 });
      expect(JSON.parse(deployed.stdout)).toMatchObject({ model: "Visitors", version: 1, endpoint: "visitors" });
      const client = createClient({ url: server.url });
      const { prediction } = await client.endpoint("visitors").predict({ age: 50, visits: 9 });
      expect(Object.values(prediction)).toEqual([1]);
      const { nodes } = await client.versions.lineage("Visitors", 1);
      expect(nodes.map(({ kind }) => kind)).toEqual([
        "version",
        "logged_model",
        "run",
        "dataset",
        "code",
        "experiment",
      ]);
      expect(nodes.find(({ kind }) => kind === "run")?.facts["params"]).toMatchObject({ C: "1" });
      expect(nodes.find(({ kind }) => kind === "code")?.facts["commit"]).toBe("c0ffee1");
    },
    longMs,
  );
});
