import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { root } from "../../../tools/layer-list.ts";
import { startMlflowCommand, type MlflowServer } from "../../lib/mlflow-command.ts";
import { findPythonEnvironment } from "../../lib/python-environment.ts";
import { useServer, type ServerOptions } from "../../lib/server.ts";

const here = join(root, "test/interop/mlflow");

/** With MLFLOW_REFERENCE=1 these tests ask the real MLflow server: what they expect is what MLflow does. */
export const isReference = process.env["MLFLOW_REFERENCE"] === "1";
export const product = isReference ? "the real MLflow" : "Slipway";

/** The whole MLflow 3 with frameworks; its `bin` folder, or null. */
export const findMlflow3 = (): Promise<string | null> => findPythonEnvironment(join(here, "requirements.txt"));
/** The client of the last MLflow 2. */
export const findMlflow2 = (): Promise<string | null> => findPythonEnvironment(join(here, "client-2/requirements.txt"));
export const whatMlflow3 = "a Python 3.11 with the packages of test/interop/mlflow/requirements.txt";
export const whatMlflow2 = "a Python 3.11 with the packages of test/interop/mlflow/client-2/requirements.txt";

/** The real `mlflow server` on SQLite, which also serves the artifacts. `stop` takes its folder away, too. */
async function startReference(bin: string): Promise<MlflowServer> {
  const folder = mkdtempSync(join(tmpdir(), "slipway-mlflow-server-"));
  const words = ["server", "--backend-store-uri", `sqlite:///${folder}/mlflow.db`, "--workers", "1"];
  words.push("--serve-artifacts", "--artifacts-destination", join(folder, "artifacts"));
  // Its job runner is for GenAI, takes seven more processes and seconds to start.
  const env = { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false" };
  // A connection that it closes while we begin to use it would be an error of the test.
  words.push("--uvicorn-opts", "--timeout-keep-alive 600");
  const server = await startMlflowCommand({ bin, words, ready: "/health", readyMs: 120_000, env });
  return {
    url: server.url,
    stop: () => {
      server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The server that the tests of a file or a `describe` are about: Slipway, or the real one. */
export function useTrackingServer(bin: string | null, options: ServerOptions = {}): { readonly url: string } {
  return isReference ? useReference(bin) : useServer(options);
}

/** The real one, beside. */
export function useReference(bin: string | null): { readonly url: string } {
  let running: MlflowServer | null = null;
  beforeAll(async () => {
    if (bin === null) throw new Error(`The real MLflow server needs ${whatMlflow3}.`);
    running = await startReference(bin);
  }, 150_000);
  afterAll(() => running?.stop());
  return {
    get url() {
      if (running === null) throw new Error("The MLflow server does not run (yet).");
      return running.url;
    },
  };
}
