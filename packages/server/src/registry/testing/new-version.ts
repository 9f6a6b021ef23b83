import { createHash } from "node:crypto";
import type { NewVersion } from "../model-version.ts";

export const shaOf = (text: string) => createHash("sha256").update(text).digest("hex");

/** A version as a deploy would make it; `change` is laid over it. */
export function newVersion(change: Partial<NewVersion> = {}): NewVersion {
  return {
    model: "flight-delay",
    state: "verified",
    digest: shaOf("version"),
    flavor: "onnx",
    platform: "onnx_onnxv1",
    signature: {
      inputs: [{ name: "hour", datatype: "INT64", shape: [-1], nullable: false, range: [0, 23] }],
      outputs: [{ name: "late", datatype: "FP32", shape: [-1, 2], classes: ["on_time", "late"] }],
      packed: null,
      batched: true,
    },
    files: [
      { path: "model.onnx", sha256: shaOf("model"), size: 1000 },
      { path: "weights/w.bin", sha256: shaOf("weights"), size: 3_000_000_000 },
    ],
    entry: "model.onnx",
    modelSection: { path: "model.onnx" },
    placement: "thread",
    program: { kind: "onnx" },
    report: { create_ms: 1.5 },
    owner: { team: "ops-ml" },
    message: "first ünï 'quoted'",
    author: "ada",
    ...change,
  };
}
