import {
  createProcessRuntime,
  createThreadRuntime,
  createWorkerRuntime,
  onnxModelCommand,
  type Placement,
  type Runtime,
} from "@slipway/runtime";
import type { Logger } from "../kernel/logger.ts";
import { minimalEnvironment } from "../platform/process/index.ts";

/** Where models run. */
export function createRuntimes(logger: Logger): Readonly<Record<Placement, Runtime>> {
  const onTrouble = (model: string, reason: string | null) => {
    if (reason === null) logger.info({ model }, "a copy of a model serves again");
    else logger.error({ model, reason }, "a copy of a model is out of service");
  };
  return {
    thread: createThreadRuntime(),
    worker: createWorkerRuntime({ onTrouble }),
    process: createProcessRuntime({ command: onnxModelCommand(), environment: minimalEnvironment(), onTrouble }),
  };
}
