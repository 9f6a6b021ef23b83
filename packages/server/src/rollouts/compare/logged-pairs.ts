import type { Signature } from "@slipway/runtime";
import type { PredictionLog, ReplayFound, ReplayRequest } from "../../predictions/index.ts";
import type { Registry, VerifiedVersion } from "../../registry/index.ts";
import type { PairFile } from "./pair-file.ts";
import type { PairedVersions } from "./paired-versions.ts";
import { toInputColumns } from "./to-columns.ts";

export interface LoggedRows {
  readonly endpoint: string;
  /** Milliseconds since 1970. */
  readonly since: number | null;
  readonly until: number | null;
  /** Of predictions, which are rows; the newest ones. */
  readonly limit: number;
}

export interface CollectContext {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string, fraction: number | null) => void;
}

export type Collected = Pick<
  ReplayFound,
  "notReplayable" | "notReplayableExamples" | "limited" | "firstAt" | "lastAt"
> & {
  readonly requests: number;
  /** Rows whose inputs a takes and b does not. */
  readonly refusedByB: number;
};

interface LoggedDeps {
  readonly predictions: PredictionLog;
  readonly registry: Registry;
}

/** Has both versions answer what callers asked, request by request, as it came. */
export async function collectLogged(
  { predictions, registry }: LoggedDeps,
  { source, pair, into }: { readonly source: LoggedRows; readonly pair: PairedVersions; readonly into: PairFile },
  { signal, onProgress }: CollectContext,
): Promise<Collected> {
  const { endpoint, since, until, limit } = source;
  const times = { ...(since !== null && { since }), ...(until !== null && { until }) };
  const thread = predictions.replay({
    selection: { endpoint, limit, ...times },
    tolerance: { absolute: 0, relative: 0 },
  });
  const targets = new Map<string, Promise<number>>();
  let [requests, refusedByB] = [0, 0];

  async function addTarget(version: VerifiedVersion, request: ReplayRequest): Promise<number> {
    const recorded = (await registry.findRecorded(request.model, request.version))?.version ?? null;
    const own = recorded?.id === version.id;
    const signature: Signature = version.signature;
    return thread.target({ signature, recorded: own ? signature : (recorded?.signature ?? null) }, own);
  }

  function toTarget(version: VerifiedVersion, request: ReplayRequest): Promise<number> {
    const key = `${version.id} for ${request.model}@${request.version}`;
    const known = targets.get(key) ?? addTarget(version, request);
    targets.set(key, known);
    return known;
  }

  async function collectOne(request: ReplayRequest): Promise<void> {
    const a = await thread.inputs(request.index, await toTarget(pair.a, request));
    if (a === null) return;
    const b = await thread.inputs(request.index, await toTarget(pair.b, request));
    if (b === null) {
      refusedByB += request.count;
      return;
    }
    const inputs = {
      ...toInputColumns(pair.b.signature, b.tensors, b.rows),
      ...toInputColumns(pair.a.signature, a.tensors, a.rows),
    };
    const answers = await pair.run({ a, b }, signal);
    await into.write({ names: request.names, inputs, ...answers });
    requests++;
    await thread.done(request.index);
  }

  try {
    let done = 0;
    for (let last = false; !last;) {
      signal.throwIfAborted();
      const page = await thread.page();
      ({ last } = page);
      done += page.settled;
      for (const request of page.requests) {
        signal.throwIfAborted();
        await collectOne(request);
        done += request.count;
        onProgress("asking both versions", Math.min(1, done / limit));
      }
    }
    const { notReplayable, notReplayableExamples, limited, firstAt, lastAt } = await thread.result();
    return { requests, refusedByB, notReplayable, notReplayableExamples, limited, firstAt, lastAt };
  } finally {
    await thread.close();
  }
}
