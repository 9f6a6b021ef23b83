import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { fromNamedOutputs, toNested } from "../question.ts";
import { findPort, startProgram } from "../running-program.ts";
import type { HttpWay } from "../variant.ts";
import { combine, peersFolder, toEnvironment, type Peer } from "./peer.ts";

/** scikit-learn's flavor takes one nested list, ONNX's named ones. */
function toWay(named: boolean): HttpWay {
  return {
    protocol: "http",
    request: ({ inputs }) => ({
      method: "POST",
      path: "/invocations",
      body: JSON.stringify({
        inputs: named
          ? Object.fromEntries(inputs.map((input) => [input.name, toNested(input)]))
          : inputs.map((input) => toNested(input))[0],
      }),
    }),
    answer: (body) => {
      const { predictions } = JSON.parse(body.toString()) as { predictions: Record<string, unknown> };
      return fromNamedOutputs(Array.isArray(predictions) ? { predictions } : predictions);
    },
  };
}

/** No telemetry, no look for git. */
const quiet = { MLFLOW_DISABLE_TELEMETRY: "true", DO_NOT_TRACK: "true", GIT_PYTHON_REFRESH: "quiet" };

/**
 * `mlflow models serve`, one worker for one core (https://mlflow.org/docs/latest/api_reference/cli.html#mlflow-models-serve). It
 * runs uvicorn, whose settings come from the environment as well (https://uvicorn.dev/settings/): no access log.
 */
export const mlflow: Peer = {
  name: "MLflow",
  variants: ({ work, bin, room }) =>
    combine(work, { batching: false, binary: false }).map((setting) => ({
      name: setting.name,
      way: toWay(setting.model.endsWith(".onnx")),
      async start() {
        const folder = join(room, basename(setting.model));
        const env = { ...toEnvironment(setting), ...quiet, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
        const script = join(peersFolder, "mlflow/make-mlflow-model.py");
        if (!existsSync(folder))
          await promisify(execFile)(join(bin, "python"), [script, setting.model, folder], {
            env: { ...process.env, ...env },
          });
        const port = String(await findPort());
        const options = ["--env-manager", "local", "--host", "127.0.0.1", "--port", port, "--workers", "1"];
        return startProgram({
          command: [join(bin, "mlflow"), "models", "serve", "-m", folder, ...options],
          cwd: room,
          env: { ...env, UVICORN_ACCESS_LOG: "false", UVICORN_LOG_LEVEL: "warning" },
          url: `http://127.0.0.1:${port}`,
          health: "/ping",
        });
      },
    })),
};
