import { mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fromOipJson, toOipJson } from "../oip.ts";
import { findPort, startProgram } from "../running-program.ts";
import type { Way } from "../variant.ts";
import { combine, maxBatch, peersFolder, toEnvironment, type Peer, type Setting } from "./peer.ts";

/**
 * In process, without workers and their queues, for one core (`parallel_workers` 0:
 * https://docs.seldon.ai/mlserver/user-guide/parallel-inference); `debug` off, which logs each request, and no gzip
 * (https://docs.seldon.ai/mlserver/reference/settings). Adaptive batching:
 * https://docs.seldon.ai/mlserver/user-guide/adaptive-batching.
 */
const serverSettings = { host: "127.0.0.1", parallel_workers: 0, debug: false, gzip_enabled: false };

function toModelSettings({ model, batching }: Setting): object {
  return {
    name: "bench",
    implementation: model.endsWith(".pkl") ? "mlserver_sklearn.SKLearnModel" : "onnx_runtime.OnnxRuntime",
    parameters: { uri: model },
    ...(batching ? { max_batch_size: maxBatch, max_batch_time: 0.001 } : {}),
  };
}

function toHttpWay({ model }: Setting): Way {
  // Without its name scikit-learn's runtime would answer with labels alone; with both it would run the model twice.
  const outputs = model.endsWith(".pkl") ? ["predict_proba"] : undefined;
  return {
    protocol: "http",
    request: (question) => ({ method: "POST", path: "/v2/models/bench/infer", body: toOipJson(question, outputs) }),
    answer: fromOipJson,
  };
}

/** gRPC with the ONNX files alone: for scikit-learn's runtime the request would have to name its output. */
export function createMlserver(protocol: "http" | "grpc"): Peer {
  return {
    name: protocol === "http" ? "MLServer" : "MLServer gRPC",
    variants: ({ work, bin, room }) =>
      combine(work, { batching: true, binary: false })
        .filter(({ model }) => protocol === "http" || model.endsWith(".onnx"))
        .map((setting) => ({
          name: protocol === "http" ? setting.name : setting.name.replace("JSON", "gRPC"),
          way: protocol === "http" ? toHttpWay(setting) : { protocol, model: "bench" },
          async start() {
            const [port, grpc, metrics] = [await findPort(), await findPort(), await findPort()];
            const folder = join(room, String(port));
            mkdirSync(folder, { recursive: true });
            const ports = { http_port: port, grpc_port: grpc, metrics_port: metrics };
            writeFileSync(join(folder, "settings.json"), JSON.stringify({ ...serverSettings, ...ports }));
            writeFileSync(join(folder, "model-settings.json"), JSON.stringify(toModelSettings(setting)));
            const env = toEnvironment(setting);
            return startProgram({
              command: [join(bin, "mlserver"), "start", folder],
              cwd: folder,
              env: { ...env, PYTHONPATH: [env["PYTHONPATH"], join(peersFolder, "mlserver")].join(delimiter) },
              url: `http://127.0.0.1:${port}`,
              grpc: `127.0.0.1:${grpc}`,
              health: "/v2/models/bench/ready",
            });
          },
        })),
  };
}
