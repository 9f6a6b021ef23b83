import type { Sources } from "../../platform/lake/sources/source.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { BlobStore } from "../../platform/blobs/index.ts";
import type { Operations } from "../../platform/queue/index.ts";
import type { Sql } from "../../platform/sql/index.ts";
import type { PredictionLake } from "../lake/prediction-lake.ts";
import { createBulkLabels, createImportLabels, type BulkLabels, type ImportLabels } from "./label-imports.ts";
import { createLabelPulls, type LabelPulls } from "./label-pulls.ts";
import { createLabels as createLabelUseCases, type Labels as LabelUseCases } from "./labels.ts";
import { createLabelStore } from "./store.ts";

export interface Labels extends LabelUseCases {
  readonly import: ImportLabels;
  readonly bulk: BulkLabels;
  readonly pulls: LabelPulls;
}

export interface LabelsDeps {
  readonly sql: Sql;
  readonly lake: PredictionLake;
  readonly blobs: BlobStore;
  readonly operations: Operations;
  readonly sources: Sources;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Ground truth that arrives later: kept when it comes, matched with predictions when it is read. */
export function createLabels(deps: LabelsDeps): Labels {
  const store = createLabelStore(deps.sql);
  const bulk = createBulkLabels(deps);
  return {
    ...createLabelUseCases({ ...deps, store }),
    import: createImportLabels({ ...deps, bulk }),
    bulk,
    pulls: createLabelPulls({ ...deps, store, bulk }),
  };
}

export { labelMigrations } from "./migrations.ts";
export type { ListedLabel } from "./label-tasks.ts";
export type { PullState } from "./store.ts";
