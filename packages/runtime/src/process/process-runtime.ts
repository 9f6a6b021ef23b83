import { openRemoteReplica } from "../remote/open-remote-replica.ts";
import type { RemoteOptions } from "../remote/remote-replica.ts";
import type { RemoteModel } from "../remote/setup.ts";
import type { Runtime } from "../runtime.ts";
import { startModelProcess, type ModelProcess } from "./model-process.ts";

export interface ProcessRuntimeOptions extends RemoteOptions, ModelProcess {
  /** For programs that know more than one kind of model. */
  readonly model?: RemoteModel;
}

/** Runs models in processes of their own, one for each replica: what ends one of them ends nothing else. */
export function createProcessRuntime(options: ProcessRuntimeOptions): Runtime {
  return {
    open: (files, signature, how) =>
      openRemoteReplica({ ...options, connect: startModelProcess(options, how) }, { files, signature, options: how }),
  };
}
