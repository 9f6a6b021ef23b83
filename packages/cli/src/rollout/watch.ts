import type { Rollout, RolloutEvent } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import type { Context } from "../context.ts";
import { exitCodes, InterruptedError, type ExitCode } from "../exit-codes.ts";
import { createLineWriter, note } from "../output.ts";
import { printable } from "../text.ts";
import { clockText } from "../time.ts";
import { eventColumns } from "./event-columns.ts";
import { endCode, waitsForPerson } from "./exit-code.ts";
import { phaseText } from "./texts.ts";

/**
 * Writes each event as it comes, one a line (JSON Lines, a CSV that goes on), until the rollout ends or, unless `stay`, waits for a person. Ctrl-C leaves it going on.
 * @returns how it ended, as an exit code
 * @throws SlipwayError `deadline_exceeded` after --timeout
 */
export async function watchRollout(
  context: Context,
  { id }: Pick<Rollout, "id">,
  { stay, eventsToo }: { readonly stay: boolean; readonly eventsToo: boolean },
): Promise<ExitCode> {
  const { settings } = context;
  const stop = new AbortController();
  const restore = context.onInterrupt(() =>
    stop.abort(new InterruptedError(`Left; the rollout goes on: slipway rollout status ${id} --watch`)),
  );
  const limit = settings.timeoutMs === undefined ? undefined : AbortSignal.timeout(settings.timeoutMs);
  const signal = limit === undefined ? stop.signal : AbortSignal.any([stop.signal, limit]);
  const isTable = settings.format === "table";
  const writeLines = createLineWriter(context, eventColumns);
  const write = (events: readonly RolloutEvent[]) =>
    isTable ? events.forEach((event) => writeEvent(context, event)) : writeLines(events);
  let isFirst = true;
  try {
    for await (const { rollout, events } of context.client().rollouts.watch(id, { signal })) {
      // What was before somebody began to look is not news.
      if (eventsToo || !isFirst) write(events);
      isFirst = false;
      const code = endCode(rollout);
      if (code !== null) return code;
      if (stay || !waitsForPerson(rollout)) continue;
      note(context, `It waits for a person: ${printable(rollout.held?.message ?? "it is paused")}`);
      note(context, whatNow(rollout));
      return exitCodes.waiting;
    }
    return exitCodes.ok;
  } catch (error) {
    if (limit?.aborted !== true || stop.signal.aborted) throw error;
    const message = `The rollout has not ended after ${settings.timeoutMs} ms. It goes on: \`slipway rollout status ${id} --watch\`.`;
    throw new SlipwayError("deadline_exceeded", message, { rollout: id });
  } finally {
    restore();
  }
}

function whatNow({ endpoint, paused, held }: Rollout): string {
  if (paused) return `slipway rollout resume ${endpoint}`;
  return `slipway rollout ${held?.reason === "approval" ? "approve" : "explain"} ${endpoint}`;
}

function writeEvent({ stdout, style }: Context, event: RolloutEvent): void {
  const step = event.step < 0 ? "" : ` ${event.step + 1}`;
  const line = `${clockText(event.at)}  ${`${event.kind}${step}`.padEnd(10)}  ${printable(event.reason)}`;
  const isBad = event.kind === "harm" || event.to === "rolled_back" || event.to === "rejected";
  stdout.write(`${isBad ? style.red(line) : event.to === "succeeded" ? style.green(line) : line}\n`);
}

/** The last word on one that has ended. */
export function endText(rollout: Rollout, now: number): string {
  return `${rollout.endpoint}: ${phaseText(rollout, now)}.${rollout.reason === null ? "" : ` ${printable(rollout.reason)}`}`;
}
