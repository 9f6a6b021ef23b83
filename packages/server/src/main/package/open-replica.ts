import {
  createProcessRuntime,
  createThreadRuntime,
  createWorkerRuntime,
  onnxModelCommand,
  type Placement,
  type Replica,
  type Runtime,
  type Signature,
} from "@slipway/runtime";
import type { PackagedModel } from "../../packaging/index.ts";
import { minimalEnvironment } from "../../platform/process/index.ts";
import { toPlacement, type LoadSettings } from "../../serving/index.ts";

interface Opening {
  readonly folder: string;
  readonly packaged: PackagedModel;
  readonly settings: LoadSettings;
}

/** One loaded copy of a model that was looked at, where a server would run it. */
export function openReplica({ folder, packaged, settings }: Opening, signature: Signature): Promise<Replica> {
  const { threads = 1, device = "cpu" } = settings;
  const runtime = createRuntimes()[toPlacement(packaged, settings)];
  return runtime.open({ folder, path: packaged.report.path }, signature, { threads, device });
}

export function createRuntimes(): Readonly<Record<Placement, Runtime>> {
  return {
    thread: createThreadRuntime(),
    worker: createWorkerRuntime(),
    process: createProcessRuntime({ command: onnxModelCommand(), environment: minimalEnvironment() }),
  };
}
