import type { ErrorCode, SlipwayError } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { PredictionLog } from "../../predictions/index.ts";
import type { LoadedVersion, RunResult } from "../../serving/index.ts";
import { asSlipwayError } from "../infer-errors.ts";
import type { Journey } from "../journey.ts";
import type { ParsedRequest } from "../parsed-request.ts";
import type { LoopBudget } from "./loop-budget.ts";
import { countOutcome, type DropReason, type ShadowCounts } from "./shadow-counts.ts";
import type { ShadowLimits } from "./shadow-limits.ts";
import { toShadowRecord, type Repeated } from "./shadow-record.ts";
import type { Turn } from "./turn.ts";

export interface RepeatDeps {
  readonly predictions: Pick<PredictionLog, "append">;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Shared by all shadows of the process. */
  readonly budget: LoopBudget;
  readonly limits: ShadowLimits;
}

/** Once its turn is aborted nothing of it gets on record any more. Resolves when it is over; it never throws. */
export type RepeatRequest = (journey: Journey, loaded: LoadedVersion, turn: Turn) => Promise<void>;

/** What says nothing of the version but that it had no time, or was going. */
const dropped: Partial<Record<ErrorCode, DropReason>> = {
  deadline_exceeded: "late",
  overloaded: "late",
  not_ready: "gone",
  shutting_down: "gone",
  cancelled: "gone",
};

/** Parses a request for one version, runs it and puts what came of it on record. */
export function createRepeatRequest(deps: RepeatDeps, counts: ShadowCounts): RepeatRequest {
  const { predictions, clock, logger } = deps;
  const sameAs = new WeakMap<Signature, boolean>();

  /** Whether both read requests the same way. */
  function takesSame(answered: Signature | undefined, loaded: LoadedVersion): boolean {
    if (answered === undefined) return false;
    const known = sameAs.get(answered) ?? JSON.stringify(answered) === JSON.stringify(loaded.signature);
    sameAs.set(answered, known);
    return known;
  }

  function settle(journey: Journey, repeated: Omit<Repeated, "endedAt">, { signal }: Turn): void {
    const endedAt = clock.monotonic();
    const code = (signal.aborted ? (signal.reason as SlipwayError) : repeated.error)?.code;
    const reason = code && dropped[code];
    if (reason) {
      counts.dropped[reason]++;
      return;
    }
    predictions.append(toShadowRecord(journey, { ...repeated, endedAt }), { durability: "process" }, (logged) => {
      if (logged) countOutcome(counts, code ?? "ok");
      else counts.dropped.unlogged++;
    });
    const ms = clock.monotonic() - endedAt;
    counts.loopMs += ms;
    deps.budget.spend(ms);
  }

  return async (journey, loaded, turn) => {
    const startedAt = clock.monotonic();
    const same = takesSame(journey.loaded?.signature, loaded);
    const begun = { id: createId(), at: clock.now() * 1000, startedAt, loaded, takesSame: same };
    let parsed: ParsedRequest | null = same ? journey.parsed : null;
    let parsedAt = startedAt;
    let run: RunResult | null = null;
    let error: SlipwayError | null = null;
    try {
      parsed ??= journey.call.parse(loaded.signature, journey.route.extraFields);
      const { tensors, rows } = parsed.resolved;
      parsedAt = clock.monotonic();
      const { deadlineAt, over } = turn;
      // A listener for each would cost as much as the rest; what is let go of while it waits is few rows.
      run = await Promise.race([loaded.run(tensors, rows, { deadlineAt }), over]);
    } catch (thrown) {
      error = asSlipwayError(thrown, logger, begun.id);
    }
    settle(journey, { ...begun, parsed, parsedAt, run, error }, turn);
  };
}
