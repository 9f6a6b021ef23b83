import { accessSync, constants, existsSync, readFileSync, statfsSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join, resolve } from "node:path";
import { createThreadRuntime } from "@slipway/runtime";
import { loadConfig, type RunOptions } from "../main.ts";
import { usualGrpcPort } from "../app/grpc.ts";
import type { Config } from "../config/index.ts";

export interface Finding {
  readonly check: string;
  readonly state: "ok" | "warning" | "failed";
  readonly message: string;
}

/** Looks at everything that keeps a server from starting or from staying healthy on this machine. Changes nothing. */
export async function doctor(options: RunOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [checkNode()];
  let config: Config;
  try {
    config = loadConfig(options);
    findings.push({ check: "configuration", state: "ok", message: "it is valid" });
  } catch (error) {
    return [...findings, { check: "configuration", state: "failed", message: (error as Error).message }];
  }
  const folder = resolve(config.data);
  findings.push(
    checkFolder(folder),
    checkSpace(folder, config),
    await checkPort("port", config.host, config.port),
    ...(config.grpcPort === "off" ? [] : [await checkPort("gRPC port", config.host, toGrpcPort(config))]),
    await checkOnnx(),
    checkFiles(),
  );
  return findings;
}

function checkNode(): Finding {
  const good = Number(process.versions.node.split(".")[0]) >= 24;
  return {
    check: "node",
    state: good ? "ok" : "failed",
    message: good ? process.version : `${process.version} is too old; 24 is the least`,
  };
}

/** The folder, or the nearest one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

function checkFolder(folder: string): Finding {
  const check = "data folder";
  try {
    accessSync(nearest(folder), constants.W_OK);
  } catch {
    return { check, state: "failed", message: `${nearest(folder)} cannot be written; choose another with --data` };
  }
  if (!existsSync(join(folder, "slipway.json")))
    return { check, state: "ok", message: `${folder} will be made at the first start` };
  const pid = readPid(folder);
  return { check, state: "ok", message: pid === null ? folder : `${folder}; the last server on it was process ${pid}` };
}

function readPid(folder: string): string | null {
  try {
    return readFileSync(join(folder, "server.pid"), "utf8").trim();
  } catch {
    return null;
  }
}

function checkSpace(folder: string, config: Config): Finding {
  const { bavail, bsize } = statfsSync(nearest(folder));
  const free = bavail * bsize;
  const message = `${(free / 2 ** 30).toFixed(1)} GiB free; the prediction log stops below ${(config.logReserve / 2 ** 30).toFixed(1)} GiB`;
  return {
    check: "disk",
    state: free < config.logReserve ? "failed" : free < 2 * config.logReserve ? "warning" : "ok",
    message,
  };
}

function toGrpcPort({ port, grpcPort }: Config): number {
  return typeof grpcPort === "number" ? grpcPort : port === 0 ? 0 : usualGrpcPort;
}

async function checkPort(check: "port" | "gRPC port", host: string, port: number): Promise<Finding> {
  if (port === 0) return { check, state: "ok", message: "a free one will be chosen" };
  const taken = await new Promise<boolean>((done) => {
    const socket = connect({ host, port, timeout: 1000 });
    socket
      .once("connect", () => done(true))
      .once("error", () => done(false))
      .once("timeout", () => done(false));
    socket.once("connect", () => socket.destroy());
  });
  if (!taken) return { check, state: "ok", message: `${host}:${port} is free` };
  const flag = check === "port" ? "--port" : "--grpc-port";
  const message = `something answers at ${host}:${port} already; if it is no Slipway, use ${flag}`;
  return { check, state: "warning", message };
}

/** Opening a file that is no model loads the native library and must fail as such. */
async function checkOnnx(): Promise<Finding> {
  const check = "onnx runtime";
  const signature = { inputs: [], outputs: [], packed: null, batched: false };
  try {
    await createThreadRuntime().open({ folder: "/", path: "no-such-model.onnx" }, signature, { threads: 1 });
  } catch (error) {
    const { message } = error as Error;
    if (/no-such-model/.test(message)) return { check, state: "ok", message: "the native library loads" };
    return { check, state: "failed", message: `the native library does not load: ${message}` };
  }
  return { check, state: "failed", message: "it opened a file that is not there" };
}

function checkFiles(): Finding {
  const check = "open files";
  try {
    const limit = /Max open files\s+(\d+)/.exec(readFileSync("/proc/self/limits", "utf8"))?.[1];
    if (limit === undefined) return { check, state: "ok", message: "no limit" };
    const low = Number(limit) < 4096;
    return {
      check,
      state: low ? "warning" : "ok",
      message: `${limit} at most${low ? "; raise it (ulimit -n) for many connections" : ""}`,
    };
  } catch {
    return { check, state: "ok", message: "this system does not say" };
  }
}
