import { createInterface } from "node:readline/promises";
import { SlipwayError } from "@slipway/contract/errors";
import type { Context } from "./context.ts";
import { InterruptedError } from "./exit-codes.ts";

/**
 * Asks before something is destroyed. --yes answers; without a terminal nobody can be asked, and it is refused.
 * @throws SlipwayError `precondition_failed` where the answer is no
 */
export async function confirm(context: Context, question: string): Promise<void> {
  if (context.settings.yes) return;
  if (!process.stdin.isTTY || context.stderr.isTTY !== true)
    throw new SlipwayError(
      "precondition_failed",
      `${question} Nobody can be asked here, since this is no terminal: pass --yes to go on.`,
    );
  const ask = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const stop = new AbortController();
    ask.once("SIGINT", () => stop.abort());
    const answer = await ask.question(`${question} [y/N] `, { signal: stop.signal }).catch(() => null);
    if (answer === null) throw new InterruptedError("Interrupted.");
    if (!/^y(es)?$/i.test(answer.trim()))
      throw new SlipwayError("precondition_failed", "Not confirmed; nothing was changed.");
  } finally {
    ask.close();
  }
}
