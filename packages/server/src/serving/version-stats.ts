/** Counts and times of one thing that happened to requests. Nanoseconds, as the Open Inference Protocol's statistics have them. */
export interface Duration {
  count: number;
  ns: number;
}

/** What one loaded version has done since it was loaded. Plain numbers, added up where the work is done. */
export interface VersionStats {
  /** Milliseconds since 1970 of the last request; 0: none yet. */
  lastInferenceAt: number;
  /** Rows that were answered. */
  inferences: number;
  /** Runs of the model. */
  executions: number;
  /** Requests that were answered, from their submission to their result. */
  readonly success: Duration;
  /** Requests that were not. */
  readonly fail: Duration;
  /** Of requests that were answered: the wait for their run, and the run that they were part of. */
  readonly queue: Duration;
  readonly compute: Duration;
  /** By rows of a run. */
  readonly batches: Map<number, Duration>;
}

export function createVersionStats(): VersionStats {
  const duration = (): Duration => ({ count: 0, ns: 0 });
  return {
    lastInferenceAt: 0,
    inferences: 0,
    executions: 0,
    success: duration(),
    fail: duration(),
    queue: duration(),
    compute: duration(),
    batches: new Map(),
  };
}

export function addDuration(duration: Duration, ms: number): void {
  duration.count++;
  duration.ns += Math.round(ms * 1e6);
}
