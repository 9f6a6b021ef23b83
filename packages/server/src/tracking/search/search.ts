import { SlipwayError } from "@slipway/contract/errors";
import type { SqlTasks } from "../../platform/sql/index.ts";
import { parseExperimentId } from "../experiments/experiment.ts";
import type * as module from "../tracking-tasks.ts";
import type { DatasetSummary } from "./dataset-summaries.ts";
import type { ExperimentPage } from "./experiment-page.ts";
import { checkMaxResults, type View } from "./limits.ts";
import type { ModelDataset, ModelOrderBy } from "./model-page.ts";
import type { RunIdPage } from "./tasks.ts";

/** What is left out is not asked for. Ids, filters and orders are as clients write them. */
interface PageOrder {
  readonly filter?: string | undefined;
  /** `metrics.loss DESC`, ... */
  readonly orderBy?: readonly string[] | undefined;
  /** ACTIVE_ONLY unless given. */
  readonly view?: View | undefined;
  readonly maxResults?: number | undefined;
  /** `next_page_token` of the page before. */
  readonly pageToken?: string | undefined;
}

export interface RunPageOrder extends PageOrder {
  readonly experimentIds: readonly string[];
}

interface ModelPageOrder extends Omit<PageOrder, "orderBy" | "view"> {
  readonly experimentIds: readonly string[];
  readonly datasets?: readonly ModelDataset[];
  readonly orderBy?: readonly ModelOrderBy[];
}

interface HistoryOrder {
  readonly runId: string;
  readonly key: string;
  /** All points unless given. */
  readonly maxResults?: number | undefined;
  readonly pageToken?: string | undefined;
}

/** Bytes are MLflow's answers as JSON. Whatever cannot be understood is SlipwayError `invalid_request`. */
export interface Search {
  /** `{"runs":[...],"next_page_token":...}`: 1000 unless `maxResults` says else. */
  runs(order: RunPageOrder): Promise<Uint8Array>;
  /** The same runs by their ids alone. */
  runIds(order: RunPageOrder): Promise<RunIdPage>;
  experiments(order: PageOrder): Promise<ExperimentPage>;
  /** The same as bytes. */
  experimentsJson(order: PageOrder): Promise<Uint8Array>;
  loggedModels(order: ModelPageOrder): Promise<Uint8Array>;
  /** The datasets of runs; of 20 experiments at most. */
  datasets(experimentIds: readonly string[]): Promise<readonly DatasetSummary[]>;
  history(order: HistoryOrder): Promise<Uint8Array>;
  /** Of up to 100 runs together; no more than `maxResults` points. */
  bulkHistory(order: { runIds: readonly string[]; key: string; maxResults?: number | undefined }): Promise<Uint8Array>;
  /** Of each of up to 100 runs, up to 2500 points spread evenly. */
  interval(order: IntervalOrder): Promise<Uint8Array>;
}

interface IntervalOrder {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly maxResults?: number | undefined;
  /** Both or none. */
  readonly startStep?: number | undefined;
  readonly endStep?: number | undefined;
}

export function createSearch({ tasks }: { readonly tasks: SqlTasks<typeof module> }): Search {
  return {
    runs: async (order) => tasks.read("searchRuns", toRunSearch(order)),
    runIds: async (order) => tasks.read("findRunIds", toRunSearch(order)),
    experiments: async (order) => tasks.read("searchExperiments", toPage(order)),
    experimentsJson: async (order) => tasks.read("renderExperiments", toPage(order)),
    loggedModels: async ({ experimentIds, datasets = [], orderBy = [], ...page }) =>
      tasks.read("searchLoggedModels", {
        experimentIds: toIds(experimentIds),
        filter: page.filter ?? "",
        datasets,
        orderBy,
        maxResults: checkMaxResults(page.maxResults || null, 50),
        pageToken: page.pageToken ?? null,
      }),
    async datasets(experimentIds) {
      if (experimentIds.length === 0) throw wrong("SearchDatasets request must specify at least one experiment_id.");
      checkCount(experimentIds, { noun: "experiment_ids", request: "SearchDatasets", most: 20 });
      return tasks.read("listDatasetSummaries", { experimentIds: toIds(experimentIds) });
    },
    ...createHistories(tasks),
  };
}

/** As many points as MLflow gives at once, and of each run for a chart. */
const [mostPoints, mostSamples] = [25_000, 2500];
/** A series of a million points is not read from end to end for a chart. */
const countable = 100_000;

function createHistories(tasks: SqlTasks<typeof module>): Pick<Search, "history" | "bulkHistory" | "interval"> {
  return {
    async history({ runId, key, maxResults, pageToken }) {
      if (maxResults !== undefined) checkMaxResults(maxResults, 1, Number.MAX_SAFE_INTEGER);
      return tasks.read("readHistory", { runId, key, maxResults: maxResults ?? null, pageToken: pageToken ?? null });
    },
    async bulkHistory({ runIds, key, maxResults = mostPoints }) {
      if (runIds.length === 0) throw wrong("GetMetricHistoryBulk request must specify at least one run_id.");
      checkCount(runIds, { noun: "run_ids", request: "GetMetricHistoryBulk", most: 100 });
      return tasks.read("readBulkHistory", { runIds, key, maxResults: Math.max(0, Math.min(mostPoints, maxResults)) });
    },
    async interval({ runIds, key, maxResults = mostSamples, startStep, endStep }) {
      checkCount(runIds, { noun: "run_ids", request: "GetMetricHistoryBulkInterval", most: 100 });
      if (maxResults < 1 || maxResults > mostSamples) throw wrong(`max_results must be between 1 and ${mostSamples}.`);
      const steps = toSteps(startStep, endStep);
      return tasks.read("sampleHistory", { runIds, key, maxResults, steps, countable });
    },
  };
}

function toSteps(start: number | undefined, end: number | undefined): readonly [number, number] | null {
  if (start === undefined && end === undefined) return null;
  if (start === undefined || end === undefined)
    throw wrong("If either start step or end step are specified, both must be specified.");
  if (start <= end) return [start, end];
  throw wrong(`end_step must be greater than start_step. Found start_step=${start} and end_step=${end}.`);
}

function toRunSearch({ experimentIds, ...page }: RunPageOrder) {
  return { experimentIds: toIds(experimentIds), ...toPage(page) };
}

function toPage({ filter = "", orderBy = [], view = "ACTIVE_ONLY", maxResults, pageToken }: PageOrder) {
  return { filter, orderBy, view, maxResults: checkMaxResults(maxResults ?? null), pageToken: pageToken ?? null };
}

function toIds(experimentIds: readonly string[]): readonly number[] {
  return [...new Set(experimentIds.map(parseExperimentId))];
}

interface CountLimit {
  readonly noun: string;
  readonly request: string;
  readonly most: number;
}

function checkCount(ids: readonly string[], { noun, request, most }: CountLimit): void {
  if (ids.length > most)
    throw wrong(`${request} request must specify at most ${most} ${noun}. Received ${ids.length} ${noun}.`);
}

function wrong(message: string): SlipwayError {
  return new SlipwayError("invalid_request", message);
}
