import { join } from "node:path";
import type { Runtime } from "../runtime.ts";
import { openSession } from "./session.ts";

/** Runs models in the calling thread, which a run blocks: for models whose run takes a fraction of a millisecond. */
export function createThreadRuntime(): Runtime {
  return {
    async open(files, signature, options) {
      const session = await openSession(join(files.folder, files.path), options.threads);
      const outputs = signature.outputs.map((output) => output.name);
      return { run: (inputs) => session.run(inputs, outputs), close: () => session.release() };
    },
  };
}
