import type { ModelFiles, OpenOptions, Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import type { Connect } from "./link.ts";
import { RemoteReplica, type RemoteOptions } from "./remote-replica.ts";
import type { RemoteModel, RemoteSetup } from "./setup.ts";

interface OpenRequest {
  readonly files: ModelFiles;
  readonly signature: Signature;
  readonly options: OpenOptions;
}

/** A replica whose model is open at the other end. */
export async function openRemoteReplica(
  remote: RemoteOptions & { readonly connect: Connect; readonly model?: RemoteModel },
  { files, signature, options }: OpenRequest,
): Promise<Replica> {
  const {
    threads,
    device = "cpu",
    memoryBytes = null,
    what = "the model",
    background,
    runLimitMs,
    check,
    signal,
  } = options;
  const { inputs, outputs, packed } = signature;
  const setup: RemoteSetup = {
    ...files,
    inputs: packed === null ? inputs.map(({ name }) => name) : [packed.tensor],
    outputs: outputs.map(({ name }) => name),
    threads,
    device,
    parent: process.pid,
    memoryBytes,
    ...(background === true && { background }),
    model: remote.model ?? null,
    signature,
  };
  const limits = { ...(check && { check }), ...(runLimitMs !== undefined && { runLimitMs }) };
  const replica = new RemoteReplica({ ...remote, setup, name: what, ...limits });
  await replica.start(signal);
  return replica;
}
