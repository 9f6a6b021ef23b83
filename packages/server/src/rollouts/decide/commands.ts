import type { Command, CommandKind } from "../observations.ts";
import type { Phase, Rollout, RolloutStatus } from "../rollout.ts";
import { shareAt } from "../resolve-steps.ts";
import { whole } from "../share.ts";
import { toConclusion } from "./endings.ts";
import { endOfFreeze } from "./freeze.ts";
import { enter, happen, type Turn } from "./turn.ts";

const ended = "it has ended";
const ending = "it is decided already, and the traffic is on its way";
const over: Readonly<Record<Exclude<Phase, "pending" | "gating" | "stepping" | "promoting">, string>> = {
  reporting: ending,
  rolling_back: ending,
  cancelling: ending,
  succeeded: ended,
  rolled_back: ended,
  cancelled: ended,
  rejected: ended,
  superseded: ended,
};

/** Null: the command fits the phase; else why not. */
export const fits: Readonly<Record<CommandKind, Readonly<Record<Phase, string | null>>>> = {
  pause: { ...over, pending: null, gating: null, stepping: null, promoting: ending },
  resume: { ...over, pending: null, gating: null, stepping: null, promoting: ending },
  approve: { ...over, pending: "no step has begun", gating: "its gates still run", stepping: null, promoting: ending },
  "skip-step": { ...over, pending: "no step has begun", gating: null, stepping: null, promoting: ending },
  promote: { ...over, pending: null, gating: null, stepping: null, promoting: ending },
  abort: { ...over, pending: null, gating: null, stepping: null, promoting: null, reporting: null },
};

export interface Refusal {
  /** `forbidden`: somebody else may. */
  readonly kind: "precondition" | "forbidden";
  /** The end of a sentence: `The rollout cannot be paused: it has ended`. */
  readonly message: string;
}

type Standing = Pick<Rollout, "spec" | "author" | "status">;
type Asked = Pick<Command, "kind" | "actor">;

const no = (message: string): Refusal => ({ kind: "precondition", message });

/** Why a command has no effect; null: it has. `command` asks before it is on record, `decide` once more when its turn has come. */
export function refuse(rollout: Standing, command: Asked, now: number): Refusal | null {
  const unfit = fits[command.kind][rollout.status.phase];
  return unfit === null ? own[command.kind](rollout, command, now) : no(unfit);
}

const own: Readonly<Record<CommandKind, (rollout: Standing, command: Asked, now: number) => Refusal | null>> = {
  pause: ({ status }) => (status.paused ? no("it is paused already") : null),
  resume: ({ status }) => (status.paused ? null : no("it is not paused")),
  approve(rollout, { actor }) {
    const { status, spec } = rollout;
    const step = spec.steps[status.step];
    if (step?.kind !== "approve") return no("the present step waits for nobody's approval");
    if (status.released !== null) return no("it is approved already");
    return refuseApproval(rollout, step.who, actor);
  },
  "skip-step"(rollout, { actor }) {
    const { status, spec } = rollout;
    const step = status.phase === "stepping" ? spec.steps[status.step] : undefined;
    if (status.released !== null) return no("the present step ends already");
    return step?.kind === "approve" ? refuseApproval(rollout, step.who, actor) : null;
  },
  promote(rollout, { actor }, now) {
    const { status, spec } = rollout;
    const until = shareAt(spec.steps, status.step) < whole ? endOfFreeze(spec.freeze, now) : null;
    if (until !== null) return no(`no share rises before ${new Date(until).toISOString()} (freeze)`);
    const first = status.released === null ? status.step : status.step + 1;
    for (const step of spec.steps.slice(Math.max(0, first))) {
      const refusal = step.kind === "approve" ? refuseApproval(rollout, step.who, actor) : null;
      if (refusal !== null) return refusal;
    }
    return null;
  },
  abort: () => null,
};

/**
 * Who may agree: the named one, or with `anyone` anybody, but never the author. Where the server asks nobody for a token no one is
 * known from another, and whoever reaches it agrees.
 */
export function refuseApproval({ author }: Pick<Rollout, "author">, who: string, actor: string | null): Refusal | null {
  if (author === null && actor === null) return null;
  const forbidden = (message: string): Refusal => ({ kind: "forbidden", message });
  if (actor === null) return forbidden("nobody knows who you are; use a token");
  if (actor === author) return forbidden(`${actor} began it, and somebody else has to agree`);
  return who === "anyone" || who === actor ? null : forbidden(`${who} has to agree, not ${actor}`);
}

const said = ({ message }: Command): string => (message === null ? "" : `: ${message}`);
const by = ({ actor }: Command): string => (actor === null ? "Somebody" : actor);

const effects: Readonly<Record<CommandKind, (turn: Turn, command: Command) => Turn>> = {
  pause: (turn, command) =>
    happen(turn, { paused: true }, tell(command, "paused", `${by(command)} paused it${said(command)}`)),
  resume: (turn, command) =>
    happen(turn, { paused: false }, tell(command, "resumed", `${by(command)} let it go on${said(command)}`)),
  approve: (turn, command) =>
    happen(turn, { released: "approved" }, tell(command, "approved", `${by(command)} approved${said(command)}`)),
  "skip-step": (turn, command) =>
    happen(
      turn,
      { released: "skipped" },
      tell(command, "skipped", `${by(command)} ended the ${stepName(turn.status)}${said(command)}`),
    ),
  promote: (turn, command) =>
    enter(turn, "promoting", {
      ...tell(command, "decided", `${by(command)} promoted it without waiting${said(command)}`),
      evidence: turn.seen.evidence,
      verdict: toConclusion(turn.seen.evidence),
    }),
  abort: (turn, command) =>
    enter(turn, "cancelling", {
      ...tell(command, "decided", `${by(command)} aborted it${said(command)}`),
      evidence: turn.seen.evidence,
    }),
};

function stepName({ phase, step }: RolloutStatus): string {
  return phase === "stepping" ? `step ${step + 1}` : "gates";
}

function tell<Kind extends string>({ id, kind: asked, actor }: Command, kind: Kind, reason: string) {
  return { kind, actor, reason, details: { command: asked, command_id: id } };
}

/** What people asked for, in its order. */
export function obey(turn: Turn): Turn {
  return turn.seen.commands.reduce((now, command) => {
    const refusal = refuse({ ...now.rollout, status: now.status }, command, now.now);
    if (refusal === null) return effects[command.kind](now, command);
    const reason = `${by(command)} asked for ${command.kind}, without effect: ${refusal.message}`;
    return happen(now, {}, tell(command, "warned", reason));
  }, turn);
}
