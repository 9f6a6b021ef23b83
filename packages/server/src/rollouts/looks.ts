import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../kernel/logger.ts";
import type { RolloutEvidence } from "./ports.ts";
import type { Rollout, RolloutStatus } from "./rollout.ts";
import type { RolloutSpec } from "./spec.ts";
import type { Evidence } from "./verdict.ts";

/** What was seen of a step. */
export interface Look {
  /** When it began. */
  readonly at: number;
  readonly samples: number;
  readonly labels: number;
  readonly evidence: readonly Evidence[];
}

export interface Looks {
  /** The last one of the present step; null: none has ended since it began. */
  last(status: RolloutStatus): Look | null;
  /** Begins one, unless one is under way. Never waits for it; `onDone` is told. */
  begin(rollout: Rollout): void;
}

export interface LooksDeps {
  readonly evidence: RolloutEvidence;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly onDone: () => void;
}

/** A look that takes longer says that there is nothing to see; the next one begins when it has ended, or hangs. */
const patienceMs = 60_000;
/** One that hangs is given up then, whatever it may still say, and the next begins. */
const hungMs = 10 * patienceMs;

/** Looks at the evidence of one rollout, one at a time, beside everything else. */
export function createLooks({ evidence, clock, logger, onDone }: LooksDeps): Looks {
  /** The one that is under way. */
  let present: { readonly since: number } | null = null;
  let last: { readonly step: string; readonly look: Look } | null = null;

  function keep(rollout: Rollout, look: Look): void {
    last = { step: stepOf(rollout.status), look };
    onDone();
  }

  async function look(rollout: Rollout, isPresent: () => boolean): Promise<void> {
    const keepMine = (found: Look) => isPresent() && keep(rollout, found);
    const at = clock.now();
    const late = new AbortController();
    void clock.sleep(patienceMs, late.signal).then(() => {
      if (!late.signal.aborted) keepMine(toBlindLook(rollout.spec, at, `it took longer than ${patienceMs / 1000} s`));
    });
    try {
      keepMine({ at, ...(await evidence.observe(rollout, at)) });
    } catch (error) {
      logger.warn({ rollout: rollout.id, error }, "the evidence of a rollout could not be looked at");
      keepMine(toBlindLook(rollout.spec, at, error instanceof Error ? error.message : String(error)));
    } finally {
      late.abort();
    }
  }

  return {
    last: (status) => (last !== null && last.step === stepOf(status) ? last.look : null),
    begin(rollout) {
      const since = clock.monotonic();
      if (present !== null && since - present.since < hungMs) return;
      const mine = { since };
      present = mine;
      void look(rollout, () => present === mine).finally(() => {
        if (present === mine) present = null;
      });
    },
  };
}

/** What was seen of one step says nothing of the next. */
function stepOf({ phase, step, enteredAt }: RolloutStatus): string {
  return `${phase} ${step} ${enteredAt}`;
}

/** Nothing could be looked at: each metric says so. */
function toBlindLook(spec: RolloutSpec, at: number, why: string): Look {
  const nothing = { arms: [], estimate: null, interval: null, eValue: null, p: null, alpha: null, window: null };
  const toEvidence =
    (role: Evidence["role"]) =>
    ({ name }: { readonly name: string }): Evidence => ({
      metric: name,
      role,
      verdict: "error",
      message: `${name} could not be looked at: ${why}.`,
      ...nothing,
    });
  const { guardrails, signals, limits } = spec;
  const blind = [
    ...guardrails.map(toEvidence("guardrail")),
    ...signals.map(toEvidence("signal")),
    ...limits.map(toEvidence("limit")),
  ];
  // Where nothing is compared there is still the number of samples, which is not known either.
  const evidence = blind.length > 0 ? blind : [toEvidence("srm")({ name: "samples" })];
  return { at, samples: 0, labels: 0, evidence };
}
