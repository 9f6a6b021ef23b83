import type { Replica, Runtime } from "../runtime.ts";
import type { Signature } from "../signature.ts";
import { createInputAdapter } from "./adapter-inputs.ts";
import { createOutputAdapter } from "./adapter-outputs.ts";
import type { OnnxAdapter } from "./adapter.ts";

/**
 * A runtime of ONNX files as one of what they are translations of: signatures, tensors, and the copies that
 * `OpenOptions.check` sees are those of the original.
 */
export function adaptRuntime(runtime: Runtime, adapter: OnnxAdapter): Runtime {
  return {
    async open(files, signature, { check, ...options }) {
      const adapt = (replica: Replica) => adaptReplica(replica, signature, adapter);
      const inner = { ...options, ...(check && { check: (copy: Replica) => check(adapt(copy)) }) };
      return adapt(await runtime.open(files, adapter.inner, inner));
    },
  };
}

function adaptReplica(replica: Replica, signature: Signature, adapter: OnnxAdapter): Replica {
  const toInner = createInputAdapter(signature, adapter);
  const toOuter = createOutputAdapter(signature, adapter);
  return {
    ...(replica.depth !== undefined && { depth: replica.depth }),
    get ready() {
      return replica.ready ?? true;
    },
    get trouble() {
      return replica.trouble ?? null;
    },
    whenReady: () => replica.whenReady?.() ?? Promise.resolve(),
    run: async (inputs, hints) => toOuter(await replica.run(toInner(inputs), hints)),
    close: () => replica.close(),
  };
}
