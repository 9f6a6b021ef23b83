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
}

/**
 * One loaded copy of a version. `run` is called with the model's own tensors (packed already), in the order of the
 * signature, and answers with all outputs in the order of the signature. One run at a time; the batcher sees to that.
 */
export interface Replica {
  run(inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
  close(): Promise<void>;
}

/** The port behind which ONNX, Python and every other format live. */
export interface Runtime {
  open(files: ModelFiles, signature: Signature, options: OpenOptions): Promise<Replica>;
}
