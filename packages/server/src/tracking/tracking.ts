import type { Clock } from "../kernel/clock.ts";
import type { Sql } from "../platform/sql/index.ts";
import { createExperiments, type Experiments } from "./experiments/experiments.ts";
import { createLoggedModels, type LoggedModels } from "./logged-models/logged-models.ts";
import { createRequests, type RequestMark } from "./requests.ts";
import { createRuns, type Runs } from "./runs/runs.ts";
import { createSearch, type Search } from "./search/search.ts";
import { trackingScript } from "./tracking-script.ts";
import type * as module from "./tracking-tasks.ts";

export interface TrackingDeps {
  readonly sql: Sql;
  /** UUIDv7 of this start. */
  readonly instance: string;
  readonly clock: Clock;
}

export interface Tracking {
  readonly experiments: Experiments;
  readonly runs: Runs;
  readonly loggedModels: LoggedModels;
  readonly search: Search;
  /** Tells that the answer to what made something did not arrive: the same request, should it come again, gets that. */
  answerLost(mark: RequestMark): void;
}

/** Experiments, runs and logged models, as MLflow has them. */
export function createTracking({ sql, instance, clock }: TrackingDeps): Tracking {
  const tasks = sql.tasks<typeof module>(trackingScript);
  const requests = createRequests(instance);
  const deps = { tasks, requests, clock };
  return {
    experiments: createExperiments(deps),
    runs: createRuns(deps),
    loggedModels: createLoggedModels(deps),
    search: createSearch(deps),
    answerLost: (mark) => requests.answerLost(mark),
  };
}
