import { SlipwayError } from "@slipway/contract/errors";
import { join } from "node:path";
import type { Runtime } from "../runtime.ts";
import { openSession } from "./session.ts";

/** Runs models in the calling thread, which a run blocks: for models whose run takes a fraction of a millisecond. */
export function createThreadRuntime(): Runtime {
  return {
    async open(files, signature, { threads, device = "cpu" }) {
      // What the probe measured was the CPU, and a driver that hangs would stop the whole server.
      if (device !== "cpu")
        throw new SlipwayError(
          "precondition_failed",
          `A model on ${device} does not run in the server's own thread. Say serve.placement: worker or process.`,
          { device },
        );
      const session = await openSession(join(files.folder, files.path), { threads });
      const outputs = signature.outputs.map((output) => output.name);
      return { run: (inputs) => session.run(inputs, outputs), close: () => session.release() };
    },
  };
}
