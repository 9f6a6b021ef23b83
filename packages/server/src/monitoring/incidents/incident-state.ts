/**
 * `open`: nobody has said that he looks at it. `muted`: nobody wants to hear of it for a while. `resolved`: nothing is wrong any
 * more, or somebody said so.
 */
export type IncidentState = "open" | "acknowledged" | "muted" | "resolved";

/**
 * From the monitors: `evidence` (something is wrong), `worse` (more so than ever in this incident), `quiet` (nothing is). From people:
 * `acknowledge`, `mute`, `resolve`. `unmute` is also what the end of a mute is.
 */
export type IncidentEvent = "evidence" | "worse" | "quiet" | "acknowledge" | "mute" | "unmute" | "resolve";

/** The state after an event; null: it makes no sense there, and a person is told so. */
const transitions: Readonly<Record<IncidentState, Readonly<Record<IncidentEvent, IncidentState | null>>>> = {
  open: {
    evidence: "open",
    worse: "open",
    quiet: "resolved",
    acknowledge: "acknowledged",
    mute: "muted",
    unmute: null,
    resolve: "resolved",
  },
  // Who looks at a warning has not said that he looks at what has become critical.
  acknowledged: {
    evidence: "acknowledged",
    worse: "open",
    quiet: "resolved",
    acknowledge: "acknowledged",
    mute: "muted",
    unmute: null,
    resolve: "resolved",
  },
  muted: {
    evidence: "muted",
    worse: "muted",
    quiet: "resolved",
    acknowledge: "acknowledged",
    mute: "muted",
    unmute: "open",
    resolve: "resolved",
  },
  // What comes back within the cool-down is the same incident.
  resolved: {
    evidence: "open",
    worse: "open",
    quiet: "resolved",
    acknowledge: null,
    mute: null,
    unmute: null,
    resolve: null,
  },
};

export function transition(state: IncidentState, event: IncidentEvent): IncidentState | null {
  return transitions[state][event];
}
