import type { Endpoints } from "../endpoints/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { PredictionLake } from "../predictions/index.ts";
import { createFindSignature, type Registry } from "../registry/index.ts";
import { createAbReport, type FindAbReport } from "../rollouts/index.ts";

export interface AbReportGiven {
  readonly endpoints: Endpoints;
  readonly predictionLake: PredictionLake;
  readonly registry: Registry;
  readonly clock: Clock;
}

export function openAbReport({ endpoints, predictionLake: lake, registry, clock }: AbReportGiven): FindAbReport {
  return createAbReport({ endpoints, lake, findSignature: createFindSignature(registry), clock });
}
