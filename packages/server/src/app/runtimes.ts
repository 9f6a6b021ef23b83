import {
  adaptRuntime,
  createCommandRuntime,
  createProcessRuntime,
  createRemoteOipRuntime,
  createThreadRuntime,
  createWorkerRuntime,
  describeOip,
  describeRemote,
  lockFile,
  onnxModelCommand,
  pythonFolder,
  pythonModelCommand,
  type ModelLine,
  type ProcessRuntimeOptions,
  type ProcessUser,
  type PythonProgram,
  startCommand,
  type RemoteProgram,
  type Runtime,
} from "@slipway/runtime";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseLock, type Environments } from "../environments/index.ts";
import type { Logger } from "../kernel/logger.ts";
import { createRequirementsFinder, type OipDeps, type PythonDeps } from "../packaging/index.ts";
import { minimalEnvironment, requireSecret, toModelEnvironment } from "../platform/process/index.ts";
import type { FindRuntime, RuntimeQuestion } from "../serving/index.ts";

export interface RuntimesGiven {
  readonly environments: Environments;
  readonly logger: Logger;
  /** Below it, each model process has a folder of its own as its home. Left out: it has none. */
  readonly homes?: string;
  /** Whom model processes run as. Left out: whom the server runs as. */
  readonly user?: ProcessUser | null;
}

/** Everything that opens models: for serving, and for looking at what is deployed. */
export interface ModelRuntimes {
  readonly find: FindRuntime;
  readonly python: PythonDeps;
  readonly oip: OipDeps;
}

/** Where models run, by how they are run. */
export function createModelRuntimes({ environments, logger, homes, user }: RuntimesGiven): ModelRuntimes {
  const onTrouble = (model: string, reason: string | null) => {
    if (reason === null) logger.info({ model }, "a copy of a model serves again");
    else logger.error({ model, reason }, "a copy of a model is out of service");
  };
  const onLine = ({ what, copy, stream, text }: ModelLine) => logger.info({ ...toLabels(what), copy, stream }, text);
  const watched = { onTrouble, onLine, ...(homes !== undefined && { homes }), ...(user && { user }) };
  const onnx = {
    thread: createThreadRuntime(),
    worker: createWorkerRuntime({ onTrouble }),
    process: createProcessRuntime({ command: onnxModelCommand(), environment: minimalEnvironment(), ...watched }),
  };

  function start(
    program: PythonProgram,
    { python }: { readonly python: string; readonly threads: number },
  ): ProcessRuntimeOptions {
    const { flavor, path, options } = program;
    const environment = toModelEnvironment(program);
    return { command: pythonModelCommand(python), environment, model: { flavor, path, options }, ...watched };
  }

  async function openPython(program: PythonProgram, folder: string, threads: number): Promise<Runtime> {
    const lock = parseLock(await readFile(join(folder, lockFile), "utf8"));
    const { python } = await environments.ensure(lock, { folder });
    return createProcessRuntime(start(program, { python, threads }));
  }

  async function find({ program, placement, folder, threads }: RuntimeQuestion): Promise<Runtime> {
    if (program.kind === "python") return openPython(program, folder, threads);
    if (program.kind !== "onnx") return oip.find(program);
    return program.adapter === undefined ? onnx[placement] : adaptRuntime(onnx[placement], program.adapter);
  }

  function headersOf({ authorization }: RemoteProgram): { headers?: Readonly<Record<string, string>> } {
    return authorization === undefined ? {} : { headers: { authorization: requireSecret(authorization) } };
  }

  const oip: OipDeps = {
    find(program) {
      if (program.kind === "remote") return createRemoteOipRuntime({ ...program, ...headersOf(program), onTrouble });
      return createCommandRuntime({ ...program, environment: toModelEnvironment(program), ...watched });
    },
    async describe(program, { folder, what, signal }) {
      if (program.kind === "remote") return describeOip({ ...program, ...headersOf(program), signal });
      const how = { threads: 1, memoryBytes: null, what, signal };
      const environment = toModelEnvironment(program);
      const connect = startCommand({ ...program, environment, ...watched }, folder, how);
      const described = await describeRemote({ connect }, { folder, path: "." }, how);
      await described.close();
      return described.report;
    },
  };

  const scanner = join(pythonFolder, "slipway", "scan_file.py");
  const findRequirements = createRequirementsFinder({ environments, scanner });
  return { find, oip, python: { environments, findRequirements, start, folder: pythonFolder } };
}

/** `flight-delay@2` is a model and its version; what is being looked at is a file. */
function toLabels(what: string): object {
  const [, model, version] = /^([^@\s]+)@(\d+)$/.exec(what) ?? [];
  return model === undefined ? { model: what } : { model, version: Number(version) };
}
