export interface KOfMSettings {
  /** Fires when `k` of the last `m` windows failed. */
  readonly k: number;
  readonly m: number;
  /** Is over when so many windows in a row passed. */
  readonly resolveAfter: number;
}

export interface KOfM {
  /** Whether the last windows failed, the newest last; at most `m`. */
  readonly recent: readonly boolean[];
  readonly firing: boolean;
  /** Windows that passed since the last failure. */
  readonly passed: number;
}

export const kOfMStart: KOfM = { recent: [], firing: false, passed: 0 };

/**
 * One window more. Alarm and end have different conditions, so that what flickers is one alarm.
 * @param failed null where the window could not be judged: it counts for nothing
 */
export function stepKOfM(state: KOfM, failed: boolean | null, { k, m, resolveAfter }: KOfMSettings): KOfM {
  if (failed === null) return state;
  const recent = [...state.recent, failed].slice(-m);
  const passed = failed ? 0 : state.passed + 1;
  if (state.firing && passed >= resolveAfter) return { recent: [], firing: false, passed };
  const failures = recent.filter(Boolean).length;
  return { recent, firing: state.firing || failures >= k, passed };
}
