import type { NewEvent } from "../event.ts";
import type { Observations } from "../observations.ts";
import { terminalPhases, type Phase, type Rollout, type RolloutStatus } from "../rollout.ts";
import { obey } from "./commands.ts";
import {
  avertHarm,
  settleCancelling,
  settlePromoting,
  settleReporting,
  settleRollingBack,
  supersede,
} from "./endings.ts";
import { goThroughGates, waitUntilReady } from "./gating.ts";
import { mindLatePromotion } from "./lapse.ts";
import { goThroughSteps } from "./steps.ts";
import { hasMoved, type Stage, type Turn } from "./turn.ts";

export interface Decision {
  readonly status: RolloutStatus;
  readonly events: readonly NewEvent[];
}

const stay: Stage = (turn) => turn;

const byPhase: Readonly<Record<Phase, Stage>> = {
  pending: waitUntilReady,
  gating: goThroughGates,
  stepping: goThroughSteps,
  promoting: (turn) => mindLatePromotion(settlePromoting(turn)),
  reporting: settleReporting,
  rolling_back: settleRollingBack,
  cancelling: settleCancelling,
  succeeded: stay,
  rolled_back: stay,
  cancelled: stay,
  rejected: stay,
  superseded: stay,
};

/**
 * What becomes of a rollout after what was seen: pure, total, and asked as often as one likes. First who took the traffic, then harm, then what people asked
 * for, then what the phase itself says; one move at a time, since what was seen belongs to the traffic before it. Every move has an event. Commands are
 * consumed, with or without an effect.
 */
export function decide(rollout: Rollout, seen: Observations, now: number): Decision {
  if (terminalPhases.has(rollout.status.phase)) return { status: rollout.status, events: [] };
  const status = { ...rollout.status, revision: Math.max(seen.revision, rollout.status.revision) };
  const turn = settled([supersede, avertHarm, obey], { rollout, seen, now, status, events: [] });
  const { events, status: next } = hasMoved(turn) ? turn : byPhase[turn.status.phase](turn);
  return { status: { ...next, seq: rollout.status.seq + events.length }, events };
}

/** The traffic was taken, or goes back: people's wishes are answered in the turn of it, and have no effect. */
function settled(stages: readonly Stage[], turn: Turn): Turn {
  return stages.reduce((now, stage) => (terminalPhases.has(now.status.phase) ? now : stage(now)), turn);
}
