import { SlipwayError } from "@slipway/contract/errors";
import type { ModelReport } from "../program.ts";
import { RemoteReplica } from "../remote/remote-replica.ts";
import type { ModelFiles, Replica } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import { startModelProcess } from "./model-process.ts";
import type { ProcessRuntimeOptions } from "./process-runtime.ts";

export interface DescribeOptions {
  readonly threads: number;
  readonly memoryBytes: number | null;
  /** For messages. */
  readonly what: string;
  /** Aborted: the process is ended. */
  readonly signal: AbortSignal;
}

/** A model that is open to be looked at. */
export interface DescribedModel {
  readonly report: ModelReport;
  /** The same process, for runs with these inputs; a signature without outputs gives all that the model has. */
  open(signature: Signature): Promise<Replica>;
  close(): Promise<void>;
}

/**
 * Opens a model in a process of its own and asks what it takes and gives.
 * @throws SlipwayError `invalid_model`, or `not_ready` where the process ended
 */
export async function describeModel(
  options: ProcessRuntimeOptions,
  { folder, path }: ModelFiles,
  { threads, memoryBytes, what, signal }: DescribeOptions,
): Promise<DescribedModel> {
  const setup = {
    ...{ folder, path, inputs: [], outputs: [], threads, device: "cpu" as const, parent: process.pid, memoryBytes },
    ...{ model: options.model ?? null, signature: null },
  };
  const replica = new RemoteReplica({
    ...options,
    connect: startModelProcess(options, { threads, memoryBytes, what }),
    setup,
    name: what,
  });
  const text = await replica.start(signal);
  const kill = () => void replica.close();
  signal.addEventListener("abort", kill, { once: true });
  const close = () => {
    signal.removeEventListener("abort", kill);
    return replica.close();
  };
  try {
    return { report: parseReport(text, what), open: (signature) => reopen(replica, signature), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reopen(replica: RemoteReplica, signature: Signature): Promise<Replica> {
  const { inputs, outputs, packed } = signature;
  await replica.reopen({
    inputs: packed === null ? inputs.map(({ name }) => name) : [packed.tensor],
    outputs: outputs.map(({ name }) => name),
    signature,
  });
  return replica;
}

function parseReport(text: string, what: string): ModelReport {
  try {
    return JSON.parse(text) as ModelReport;
  } catch {
    throw new SlipwayError("invalid_model", `The process of ${what} did not say what the model is.`);
  }
}
