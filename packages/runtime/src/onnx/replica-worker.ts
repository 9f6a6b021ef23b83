import { SlipwayError } from "@slipway/contract/errors";
import { parentPort, workerData } from "node:worker_threads";
import { openSession } from "./session.ts";
import { toTransfer, type FromWorker, type ToWorker, type WorkerSetup } from "./worker-messages.ts";

/**
 * The worker thread of one replica: opens the model, then answers runs one after another. It ends by itself when told to
 * close or when the model does not open: a thread that is terminated inside of ONNX Runtime takes the process with it.
 */
async function serve(port: NonNullable<typeof parentPort>, setup: WorkerSetup): Promise<void> {
  const say = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  try {
    const session = await openSession(setup.path, setup.threads);
    const running = new Set<Promise<void>>();
    port.on("message", (message: ToWorker) => {
      if (message.kind === "close") {
        void Promise.all(running)
          .then(() => session.release())
          .finally(() => port.close());
        return;
      }
      const run = session.run(message.inputs, setup.outputs).then(
        (outputs) => say({ kind: "outputs", id: message.id, outputs }, toTransfer(outputs)),
        (error: unknown) => say({ kind: "failed", id: message.id, error: toPlain(error) }),
      );
      running.add(run);
      void run.finally(() => running.delete(run));
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
