import { SlipwayError } from "@slipway/contract/errors";
import { parentPort, workerData } from "node:worker_threads";
import { openSession } from "./session.ts";
import { toTransfer, type FromWorker, type ToWorker, type WorkerSetup } from "./worker-messages.ts";

/** The worker thread of one replica: opens the model, then answers runs one after another. */
async function serve(port: NonNullable<typeof parentPort>, setup: WorkerSetup): Promise<void> {
  const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  try {
    const session = await openSession(setup.path, setup.threads);
    port.on("message", (message: ToWorker) => {
      session.run(message.inputs, setup.outputs).then(
        (outputs) => say({ kind: "outputs", id: message.id, outputs }, toTransfer(outputs)),
        (error: unknown) => say({ kind: "failed", id: message.id, error: toPlain(error) }),
      );
    });
    say({ kind: "ready" });
  } catch (error) {
    say({ kind: "unopened", error: toPlain(error) });
  }
}

function toPlain(error: unknown) {
  if (SlipwayError.is(error)) return { code: error.code, message: error.message, details: error.details };
  return { code: "internal" as const, message: error instanceof Error ? error.message : String(error), details: {} };
}

if (parentPort !== null) void serve(parentPort, workerData as WorkerSetup);
