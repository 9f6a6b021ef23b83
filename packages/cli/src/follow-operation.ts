import type { Operation } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { toOperationError } from "@slipway/sdk";
import type { Context } from "./context.ts";
import { InterruptedError } from "./exit-codes.ts";
import { note } from "./output.ts";
import { createProgress } from "./progress.ts";
import { printable } from "./text.ts";

/**
 * Starts an operation and shows its progress until it ends; the first Ctrl-C cancels it, a second one leaves at once.
 * `what` names it in a sentence: "The replay".
 * @throws SlipwayError what it failed with; `deadline_exceeded` after --timeout, and it goes on
 */
export async function followOperation(
  context: Context,
  what: string,
  start: (signal: AbortSignal) => Promise<Operation>,
): Promise<Operation> {
  const { client, settings } = { client: context.client(), settings: context.settings };
  const stop = new AbortController();
  const progress = createProgress(context.stderr, settings.quiet);
  const limit = settings.timeoutMs === undefined ? undefined : AbortSignal.timeout(settings.timeoutMs);
  const signal = limit === undefined ? stop.signal : AbortSignal.any([stop.signal, limit]);
  let [id, cancelling]: [string | undefined, boolean] = [undefined, false];
  const restore = context.onInterrupt(() => {
    if (id === undefined || cancelling) return stop.abort(new InterruptedError(`${what} was left.`));
    cancelling = true;
    progress.clear();
    note(context, "Cancelling; Ctrl-C again leaves at once.");
    client.operations.cancel(id).catch(() => undefined);
  });
  try {
    let last = await start(signal);
    ({ id } = last);
    for await (const operation of client.operations.watch(last.id, { signal })) {
      last = operation;
      progress.show(printable(operation.message || operation.stage || operation.state), operation.fraction);
    }
    if (cancelling && last.state === "cancelled") throw new InterruptedError(`${what} was cancelled.`);
    const error = toOperationError(last);
    if (error !== null) throw error;
    return last;
  } catch (error) {
    if (limit?.aborted !== true || id === undefined || stop.signal.aborted) throw error;
    const goesOn = `It goes on: \`slipway operations ${id}\` tells how far it is.`;
    throw new SlipwayError("deadline_exceeded", `${what} still runs after ${settings.timeoutMs} ms. ${goesOn}`, {
      operation: id,
    });
  } finally {
    progress.clear();
    restore();
  }
}
