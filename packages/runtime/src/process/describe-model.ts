import { SlipwayError } from "@slipway/contract/errors";
import type { ModelReport } from "../program.ts";
import type { Connect } from "../remote/link.ts";
import { RemoteReplica, type RemoteOptions } from "../remote/remote-replica.ts";
import type { RemoteModel } from "../remote/setup.ts";
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

/** What speaks to the other end, and what that is told of the model. */
export interface DescribedRemote extends RemoteOptions {
  readonly connect: Connect;
  readonly model?: RemoteModel | null;
}

/**
 * Opens a model in a process of its own and asks what it takes and gives.
 * @throws SlipwayError `invalid_model`, or `not_ready` where the process ended
 */
export function describeModel(
  options: ProcessRuntimeOptions,
  files: ModelFiles,
  how: DescribeOptions,
): Promise<DescribedModel> {
  return describeRemote({ ...options, connect: startModelProcess(options, how) }, files, how);
}

/** The same of whatever is at the other end. */
export async function describeRemote(
  { model = null, ...remote }: DescribedRemote,
  { folder, path }: ModelFiles,
  { threads, memoryBytes, what, signal }: DescribeOptions,
): Promise<DescribedModel> {
  const setup = {
    folder,
    path,
    inputs: [],
    outputs: [],
    threads,
    device: "cpu" as const,
    parent: process.pid,
    memoryBytes,
    model,
    signature: null,
  };
  const replica = new RemoteReplica({ ...remote, setup, name: what });
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
