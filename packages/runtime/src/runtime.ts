import type { Signature } from "./signature.ts";
import type { Tensor } from "./tensor.ts";

/** Where a replica runs: the event loop's thread, a worker thread, a model process. */
export const placements = ["thread", "worker", "process"] as const;
export type Placement = (typeof placements)[number];

/** What a runtime computes on. */
export type Device = "cpu" | "cuda";

/** The files of one version, laid out in a folder as they were packaged; `path` is the one to open. */
export interface ModelFiles {
  readonly folder: string;
  readonly path: string;
}

/** What a runtime says of a file when it has opened it; the probe returns this. */
export interface ModelDescription {
  readonly signature: Signature;
  /** `<project>_<format>`, as the Open Inference Protocol says: `onnx_onnxv1`. */
  readonly platform: string;
}

export interface OpenOptions {
  /** ONNX Runtime's intra-op threads. 1 unless the version says otherwise. */
  readonly threads: number;
  /** Left out: the CPU. */
  readonly device?: Device;
  /** Of a process; one that takes more is ended and started anew. Left out: no bound. */
  readonly memoryBytes?: number;
  /** Of a process: when a run takes longer, it is taken for endless; the process is ended and started anew. Left out: no bound. */
  readonly runLimitMs?: number;
  /** It runs for nobody who waits: whatever computes it has the lowest priority, where it runs on this machine. Left out: false. */
  readonly background?: boolean;
  /** For messages: `flight-delay@2`. */
  readonly what?: string;
  /** For logs: which of the copies of a version, from 1. */
  readonly copy?: number;
  /**
   * Asked of a copy that had to be started anew, before it takes runs again; it stays out of service while this rejects.
   * The first copy is the caller's to check.
   */
  readonly check?: (copy: Replica) => Promise<unknown>;
  /** Aborted: nobody waits for the model any more. Only a process can be stopped while it opens. */
  readonly signal?: AbortSignal;
}

/** What whoever hands over a run knows of it. */
export interface RunHints {
  /** Requests that share it. 1. */
  readonly requests?: number;
  /** When it takes longer, it is taken for endless. Left out: that of `OpenOptions`. */
  readonly limitMs?: number;
}

/**
 * One loaded copy of a version. `run` is called with the model's own tensors (packed already), in the order of the
 * signature, and answers with all outputs in the order of the signature. One run at a time, or `depth`; the batcher sees to that.
 */
export interface Replica {
  /** Runs that may be handed over at once: a second one waits on the other side, so that no time is lost between them. Left out: 1. */
  readonly depth?: number;
  /** False while what runs the model is gone and being restarted. Left out: always true. */
  readonly ready?: boolean;
  /** Why it is not ready, and what to do, as sentences. */
  readonly trouble?: string | null;
  /** Resolves when it is ready again, or closed: then `ready` tells which. There where it can be not ready. */
  whenReady?(): Promise<void>;
  /** @throws ReplicaDied, RunNotBegun, and whatever the model does */
  run(inputs: readonly Tensor[], hints?: RunHints): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/** The port behind which ONNX, Python and every other format live. */
export interface Runtime {
  open(files: ModelFiles, signature: Signature, options: OpenOptions): Promise<Replica>;
}
