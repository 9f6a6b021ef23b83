import type { NewEvent } from "../event.ts";
import type { Observations } from "../observations.ts";
import type { HeldReason, Phase, Rollout, RolloutStatus } from "../rollout.ts";
import type { Evidence } from "../verdict.ts";

/** A decision on its way: what is looked at, what came of it so far. Each stage gives a new one. */
export interface Turn {
  readonly rollout: Rollout;
  readonly seen: Observations;
  readonly now: number;
  readonly status: RolloutStatus;
  readonly events: readonly NewEvent[];
}

export type Stage = (turn: Turn) => Turn;

/** What a stage makes of a turn, and whether that is all: nothing behind it has a say then. */
export interface Staged {
  readonly turn: Turn;
  readonly stays: boolean;
}

export const stays = (turn: Turn): Staged => ({ turn, stays: true });
export const passes = (turn: Turn): Staged => ({ turn, stays: false });

/** One stage after the other, until one stays. */
export function goThrough(turn: Turn, stages: readonly ((turn: Turn) => Staged)[]): Turn {
  let staged = passes(turn);
  for (const stage of stages) {
    staged = stage(staged.turn);
    if (staged.stays) break;
  }
  return staged.turn;
}

interface Happening {
  readonly kind: NewEvent["kind"];
  readonly reason: string;
  readonly actor?: string | null;
  readonly evidence?: readonly Evidence[];
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the status becomes, and the event that says so. */
export function happen(turn: Turn, status: Partial<RolloutStatus>, event: Happening): Turn {
  const next = { ...turn.status, ...status };
  const { kind, reason, actor = null, evidence = [], details = {} } = event;
  const places = { from: turn.status.phase, to: next.phase, step: next.step };
  return { ...turn, status: next, events: [...turn.events, { kind, actor, ...places, reason, evidence, details }] };
}

/** Another phase: what held the one before is over. */
export function enter(turn: Turn, phase: Phase, event: Happening & Pick<Partial<RolloutStatus>, "verdict">): Turn {
  const { verdict = turn.status.verdict, ...told } = event;
  const status = {
    phase,
    enteredAt: turn.now,
    held: null,
    released: null,
    conditions: {},
    verdict,
    reason: told.reason,
  };
  return happen(turn, status, told);
}

export const hasMoved = ({ status, rollout }: Turn): boolean =>
  status.phase !== rollout.status.phase || status.step !== rollout.status.step;

/** Whether a held step is news: time and numbers are what steps are for. */
const isNews: Readonly<Record<HeldReason, boolean>> = {
  hold: false,
  bake: false,
  min_samples: false,
  min_labels: false,
  prove: false,
  manual: false,
  approval: true,
  freeze: true,
  no_data: true,
  signal: true,
  srm: true,
  metric_error: true,
  inconclusive: true,
  capacity: true,
  deadline: true,
};

export interface Hold {
  readonly reason: HeldReason;
  readonly message: string;
  readonly evidence?: readonly Evidence[];
}

/** As long as the reason stays, so does what was said when it began: a status that nothing has changed is not written. */
export function hold(turn: Turn, { reason, message, evidence = [] }: Hold): Turn {
  const { held } = turn.status;
  if (held?.reason === reason) return turn;
  const status = { held: { reason, since: turn.now, message } };
  if (isNews[reason])
    return happen(turn, status, { kind: "held", reason: message, evidence, details: { held: reason } });
  return { ...goOn(turn), status: { ...turn.status, ...status } };
}

/** Nothing holds it any more. */
export function goOn(turn: Turn): Turn {
  const { held } = turn.status;
  if (held === null) return turn;
  const status = { held: null };
  if (!isNews[held.reason]) return { ...turn, status: { ...turn.status, ...status } };
  const details = { held: held.reason, lasted_ms: turn.now - held.since };
  return happen(turn, status, { kind: "went_on", reason: `No longer so: ${held.message}`, details });
}
