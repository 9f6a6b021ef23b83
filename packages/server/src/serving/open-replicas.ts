import {
  requireParity,
  runExamples,
  warmUp,
  type Examples,
  type ModelFiles,
  type ParityReport,
  type Replica,
  type Runtime,
  type Signature,
} from "@slipway/runtime";

export interface OpenRequest {
  readonly runtime: Runtime;
  readonly files: ModelFiles;
  readonly signature: Signature;
  /** What was recorded at training; null where nothing was. */
  readonly examples: Examples | null;
  /** Most rows of a run. */
  readonly batchRows: number;
  readonly signal?: AbortSignal;
}

export interface OpenedReplica {
  readonly replica: Replica;
  /** Null without examples. */
  readonly parity: ParityReport | null;
}

/** One copy, warmed up, with its answers to the examples, whatever they are. Nothing stays open where this throws. */
export async function openReplica(request: OpenRequest): Promise<OpenedReplica> {
  const { runtime, files, signature, examples, batchRows, signal } = request;
  const replica = await runtime.open(files, signature, { threads: 1 });
  try {
    await warmUp(replica, signature);
    if (examples === null) return { replica, parity: null };
    const options = { maxRows: batchRows, ...(signal && { signal }) };
    return { replica, parity: await runExamples(replica, signature, examples, options) };
  } catch (error) {
    await replica.close();
    throw error;
  }
}

/**
 * All copies of a version. Where one does not open or does not answer the examples as it should, all are closed: nobody would
 * ever hold them. @throws SlipwayError `invalid_model`, `not_ready`, `parity_failed`
 */
export async function openReplicas(request: OpenRequest, count: number, what: string): Promise<Replica[]> {
  const results = await Promise.allSettled(
    Array.from({ length: count }, async () => {
      const { replica, parity } = await openReplica(request);
      try {
        if (parity !== null) requireParity(parity, what);
        return replica;
      } catch (error) {
        await replica.close();
        throw error;
      }
    }),
  );
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return opened;
  await Promise.allSettled(opened.map((replica) => replica.close()));
  throw failed.reason;
}
