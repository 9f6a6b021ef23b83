import {
  runExamples,
  warmUp,
  type Examples,
  type ModelFiles,
  type OpenOptions,
  type ParityReport,
  type Replica,
  type Runtime,
  type Signature,
} from "@slipway/runtime";
import { requireSameAnswers, type Trained } from "../packaging/index.ts";
import type { LoadSettings } from "./load-settings.ts";
import { createRecycledReplica, createTurns } from "./recycled-replica.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import { withinLimit } from "./within-limit.ts";

export interface OpenRequest {
  readonly runtime: Runtime;
  readonly files: ModelFiles;
  readonly signature: Signature;
  /** For messages: `flight-delay@2`. */
  readonly what: string;
  /** What is known of its training, for where it answers differently. */
  readonly trained: Trained;
  readonly settings: LoadSettings;
  /** Reads what was recorded at training, each time that a copy is to answer it; null where nothing was. */
  readonly readExamples: (() => Promise<Examples>) | null;
  /** Most rows of a run. */
  readonly batchRows: number;
  /** Aborted: the examples need not go on. */
  readonly signal?: AbortSignal;
  /** Aborted: it took too long, and nobody waits for it any more. A process is killed then, whatever it does. */
  readonly giveUp: AbortSignal;
}

/** What it takes to replace copies while they serve. */
export interface Renewal {
  readonly clock: Clock;
  /** How long a fresh copy may take to open, warm up and answer the examples. */
  readonly timeoutMs: number;
  /** Says which version it is about. */
  readonly logger: Logger;
}

/** Neither warm-up nor examples have runs that take so long. */
const leastRunLimitMs = 120_000;

export interface OpenedReplica {
  readonly replica: Replica;
  /** Null without examples. */
  readonly parity: ParityReport | null;
}

/** One copy, warmed up, with its answers to the examples, whatever they are. Nothing stays open where this throws. */
export async function openReplica(
  request: OpenRequest,
  examples = request.readExamples?.() ?? Promise.resolve(null),
  copy = 1,
): Promise<OpenedReplica> {
  const { runtime, files, signature, giveUp } = request;
  const [replica, answers] = await openBoth(runtime.open(files, signature, toOpenOptions(request, copy)), examples);
  const close = () => void replica.close();
  giveUp.addEventListener("abort", close, { once: true });
  try {
    return { replica, parity: await tryCopy(replica, request, answers) };
  } catch (error) {
    await replica.close();
    throw error;
  } finally {
    giveUp.removeEventListener("abort", close);
  }
}

/** Examples that cannot be read leave no copy open. */
async function openBoth(
  opening: Promise<Replica>,
  reading: Promise<Examples | null>,
): Promise<[Replica, Examples | null]> {
  const [opened, read] = await Promise.allSettled([opening, reading]);
  if (opened.status === "rejected") throw opened.reason;
  if (read.status === "fulfilled") return [opened.value, read.value];
  await opened.value.close();
  throw read.reason;
}

function toOpenOptions(request: OpenRequest, number: number): OpenOptions {
  const { what, settings, readExamples, trained, giveUp } = request;
  const { threads = 1, device, memoryBytes, runLimitMs, background } = settings;
  return {
    threads,
    ...(device && { device }),
    ...(background === true && { background }),
    ...(memoryBytes !== undefined && { memoryBytes }),
    ...(runLimitMs !== undefined && { runLimitMs: Math.max(leastRunLimitMs, runLimitMs) }),
    what,
    copy: number,
    // A copy that was started anew proves itself as the first one did.
    async check(copy) {
      const parity = await tryCopy(copy, request, readExamples && (await readExamples()));
      if (parity !== null) requireSameAnswers(parity, what, trained);
    },
    signal: giveUp,
  };
}

async function tryCopy(
  copy: Replica,
  { signature, batchRows, signal }: OpenRequest,
  examples: Examples | null,
): Promise<ParityReport | null> {
  await warmUp(copy, signature);
  if (examples === null) return null;
  return runExamples(copy, signature, examples, { maxRows: batchRows, ...(signal && { signal }) });
}

/** One copy that answers the examples as it should. @throws SlipwayError `parity_failed` too */
async function openProven(
  request: OpenRequest,
  copy: number,
  examples = request.readExamples?.() ?? Promise.resolve(null),
): Promise<Replica> {
  const { replica, parity } = await openReplica(request, examples, copy);
  try {
    if (parity !== null) requireSameAnswers(parity, request.what, request.trained);
    return replica;
  } catch (error) {
    await replica.close();
    throw error;
  }
}

/**
 * All copies of a version. Where one does not open or does not answer the examples as it should, all are closed: nobody would
 * ever hold them. @throws SlipwayError `invalid_model`, `not_ready`, `parity_failed`
 */
export async function openReplicas(request: OpenRequest, count: number, renewal: Renewal): Promise<Replica[]> {
  const examples = request.readExamples?.() ?? Promise.resolve(null);
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  const results = await Promise.allSettled(numbers.map((copy) => openProven(request, copy, examples)));
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return recycle(request, opened, renewal);
  await Promise.allSettled(opened.map((replica) => replica.close()));
  throw failed.reason;
}

function recycle(request: OpenRequest, opened: Replica[], { clock, timeoutMs, logger }: Renewal): Replica[] {
  const { what, settings } = request;
  if (settings.recycle === undefined) return opened;
  const shared = { recycle: settings.recycle, inTurn: createTurns(), clock };
  return opened.map((first, i) => {
    const copy = i + 1;
    const facts = { copy };
    return createRecycledReplica({
      ...shared,
      first,
      open() {
        const giveUp = new AbortController();
        const opening = openProven({ ...request, giveUp: giveUp.signal }, copy);
        return withinLimit({ clock, timeoutMs, what, giveUp }, opening, (late) => late.close());
      },
      onRecycled(reason) {
        if (reason === null) logger.info(facts, "a copy of a model was replaced by a fresh one");
        else logger.warn({ ...facts, reason }, "a copy of a model could not be replaced by a fresh one");
      },
    });
  });
}
