import { mkdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { From } from "../../test/lib/entry.ts";
import { createServer } from "../../test/lib/running-server.ts";
import { canPin, pinTo } from "../lib/pin.ts";
import { createMark, findPort, startProgram, type RunningServer } from "../serving/running-program.ts";

/** A tracking server that can be started again on its data. */
export interface TrackingServer {
  readonly name: string;
  readonly url: string;
  /** Where its data is. */
  readonly folder: string;
  /** All processes of it. */
  pids(): readonly number[];
  /** Starts it, after an end where it runs. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

interface Setting {
  readonly folder: string;
  /** 1: it has core 0 to itself. 2: it shares both with the load. */
  readonly cores: 1 | 2;
}

/** Those of MLflow's job runner are for GenAI; it takes seven processes more. No telemetry, no look for git. */
const quiet = {
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
  MLFLOW_DISABLE_TELEMETRY: "true",
  DO_NOT_TRACK: "true",
  GIT_PYTHON_REFRESH: "quiet",
};

/** `mlflow server` on SQLite, artifacts through it, no access log. */
export function createMlflow(bin: string, workers: number, { folder, cores }: Setting): TrackingServer {
  let running: RunningServer | null = null;
  const stop = async () => {
    await running?.stop();
    running = null;
  };
  return {
    name: workers === 1 ? "MLflow" : `MLflow, ${workers} workers`,
    folder,
    get url() {
      if (running === null) throw new Error("MLflow does not run.");
      return running.url;
    },
    pids: () => running?.pids() ?? [],
    async restart() {
      await stop();
      mkdirSync(folder, { recursive: true });
      const port = String(await findPort());
      const store = ["--backend-store-uri", `sqlite:///${toDatabase(folder)}`];
      const artifacts = ["--serve-artifacts", "--artifacts-destination", join(folder, "artifacts")];
      const address = ["--host", "127.0.0.1", "--port", port, "--workers", String(workers)];
      const log = ["--uvicorn-opts", "--no-access-log --log-level warning"];
      const widen = cores === 2 && canPin() ? ["taskset", "-c", "0,1"] : [];
      running = await startProgram({
        command: [...widen, join(bin, "mlflow"), "server", ...store, ...artifacts, ...address, ...log],
        cwd: folder,
        env: { ...quiet, PATH: `${bin}${delimiter}${process.env["PATH"]}` },
        url: `http://127.0.0.1:${port}`,
        health: "/health",
      });
    },
    stop,
  };
}

export function toDatabase(folder: string): string {
  return join(folder, "mlflow.db");
}

/** `slipway up`. */
export function createSlipway(from: From, { folder, cores }: Setting): TrackingServer {
  const { env, pids } = createMark();
  const prefix = cores === 1 ? pinTo(0) : [];
  const { server, end } = createServer({ from, data: folder, prefix, env, args: ["--log-level", "error"] });
  return {
    name: "Slipway",
    folder,
    get url() {
      return server.url;
    },
    pids,
    restart: () => server.restart(),
    stop: () => end(false),
  };
}
