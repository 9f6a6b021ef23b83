import type { Operation } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { toOperationError } from "@slipway/sdk";
import type { Context } from "./context.ts";
import { InterruptedError } from "./exit-codes.ts";
import { note } from "./output.ts";
import { createProgress } from "./progress.ts";
import { printable } from "./text.ts";

/**
 * Waits for an operation that this command has started, with its progress on stderr. The first Ctrl-C cancels the operation, a
 * second one leaves at once; `--timeout` leaves it running.
 * @throws SlipwayError the operation's own error, `deadline_exceeded`; InterruptedError where it was cancelled from here
 */
export async function followOperation(context: Context, started: Operation): Promise<Operation> {
  const client = context.client();
  const progress = createProgress(context.stderr, context.settings.quiet);
  const { timeoutMs } = context.settings;
  const limit = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const left = new AbortController();
  let cancelling = false;
  const restore = context.onInterrupt(() => {
    if (cancelling) return left.abort(new InterruptedError("Left; the server goes on cancelling."));
    cancelling = true;
    progress.clear();
    note(context, "Cancelling; Ctrl-C again leaves at once.");
    client.operations.cancel(started.id).catch(() => undefined);
  });
  let last = started;
  try {
    const signal = limit === undefined ? left.signal : AbortSignal.any([left.signal, limit]);
    for await (const operation of client.operations.watch(started.id, { signal })) {
      last = operation;
      progress.show(printable(operation.message || operation.stage || operation.state), operation.fraction);
    }
  } catch (error) {
    if (limit?.aborted !== true || left.signal.aborted) throw error;
    throw new SlipwayError(
      "deadline_exceeded",
      `It still runs after ${timeoutMs} ms and goes on: \`slipway operations ${started.id}\` tells how far it is.`,
      { operation: started.id },
    );
  } finally {
    progress.clear();
    restore();
  }
  const error = toOperationError(last);
  if (cancelling && last.state === "cancelled") throw new InterruptedError("It was cancelled.");
  if (error !== null) throw error;
  return last;
}
