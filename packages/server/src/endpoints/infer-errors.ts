import { SlipwayError } from "@slipway/contract";
import type { Id } from "../kernel/ids.ts";
import type { Logger } from "../kernel/logger.ts";

/** An error of a request that has a record; `id` and `logged` belong into the answer. */
export class InferError extends Error {
  readonly error: SlipwayError;
  readonly id: Id;
  readonly logged: boolean;
  readonly requestId: string | null;
  constructor(error: SlipwayError, facts: { id: Id; logged: boolean; requestId: string | null }) {
    super(error.message, { cause: error });
    this.error = error;
    this.id = facts.id;
    this.logged = facts.logged;
    this.requestId = facts.requestId;
  }
}

/** What nobody foresaw becomes `internal`; its message stays in the log. */
export function asSlipwayError(thrown: unknown, logger: Logger, id: Id): SlipwayError {
  if (SlipwayError.is(thrown)) return thrown;
  logger.error({ error: thrown, prediction: id }, "a prediction failed in an unexpected way");
  return new SlipwayError(
    "internal",
    `Something went wrong inside the server; its log has the details under ${id}.`,
    {},
    thrown,
  );
}

export function deadline(budgetMs: number): SlipwayError {
  return new SlipwayError("deadline_exceeded", `No answer within ${Number(budgetMs.toPrecision(3))} ms.`, {
    timeout_ms: budgetMs,
  });
}

export function gone(): SlipwayError {
  return new SlipwayError("cancelled", "The caller went away before the answer.");
}

export function logUnavailable(): SlipwayError {
  return new SlipwayError(
    "log_unavailable",
    "The prediction log cannot be written and this endpoint refuses to answer without it (log.on_full: refuse); free disk space.",
  );
}
