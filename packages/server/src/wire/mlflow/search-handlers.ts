import type { Tracking } from "../../tracking/index.ts";
import { bool, int, list, need, oneOf, text, texts } from "./fields.ts";
import { route, type MlflowRoute } from "./route.ts";

const view = oneOf({ ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 });
const page = { filter: text, max_results: int, order_by: texts, page_token: text };
const orderBy = { field_name: need(text), ascending: bool, dataset_name: text, dataset_digest: text };
const dataset = { dataset_name: need(text), dataset_digest: text };

export function createSearchRoutes({ tracking }: { readonly tracking: Tracking }): readonly MlflowRoute[] {
  const { search } = tracking;
  const experiments = (method: "GET" | "POST") =>
    route({
      method,
      scope: "read",
      path: "/mlflow/experiments/search",
      fields: { ...page, view_type: view },
      handler: ({ view_type, ...given }) => search.experimentsJson({ ...toPage(given), view: view_type }),
    });
  return [
    route({
      method: "POST",
      scope: "read",
      path: "/mlflow/runs/search",
      fields: { ...page, experiment_ids: texts, run_view_type: view },
      handler: ({ experiment_ids = [], run_view_type, ...given }) =>
        search.runs({ ...toPage(given), experimentIds: experiment_ids, view: run_view_type }),
    }),
    experiments("POST"),
    experiments("GET"),
    route({
      method: "POST",
      scope: "read",
      path: "/mlflow/logged-models/search",
      fields: { ...page, experiment_ids: texts, order_by: list(orderBy), datasets: list(dataset) },
      handler: ({ experiment_ids = [], order_by = [], datasets = [], ...given }) =>
        search.loggedModels({
          ...toPage(given),
          experimentIds: experiment_ids,
          datasets: datasets.map((each) => ({ name: each.dataset_name, digest: each.dataset_digest || null })),
          orderBy: order_by.map(({ field_name, ascending = true, dataset_name, dataset_digest }) => ({
            field: field_name,
            isAscending: ascending,
            datasetName: dataset_name || null,
            datasetDigest: dataset_digest || null,
          })),
        }),
    }),
    route({
      method: "POST",
      scope: "read",
      path: "/mlflow/experiments/search-datasets",
      fields: { experiment_ids: texts },
      handler: async ({ experiment_ids = [] }) => toList("dataset_summaries", await search.datasets(experiment_ids)),
    }),
    ...createHistoryRoutes(tracking),
  ];
}

function createHistoryRoutes({ search }: Tracking): readonly MlflowRoute[] {
  const reads = { method: "GET", scope: "read" } as const;
  return [
    route({
      ...reads,
      path: "/mlflow/metrics/get-history",
      fields: { run_id: need(text), metric_key: need(text), max_results: int, page_token: text },
      handler: ({ run_id, metric_key, max_results, page_token }) =>
        search.history({ runId: run_id, key: metric_key, maxResults: max_results, pageToken: page_token }),
    }),
    route({
      ...reads,
      path: "/mlflow/metrics/get-history-bulk",
      fields: { run_id: texts, metric_key: need(text), max_results: int },
      handler: ({ run_id = [], metric_key, max_results }) =>
        search.bulkHistory({ runIds: run_id, key: metric_key, maxResults: max_results }),
    }),
    route({
      ...reads,
      path: "/mlflow/metrics/get-history-bulk-interval",
      fields: { run_ids: need(texts), metric_key: need(text), start_step: int, end_step: int, max_results: int },
      handler: ({ run_ids, metric_key, start_step, end_step, max_results }) =>
        search.interval({
          runIds: run_ids,
          key: metric_key,
          maxResults: max_results,
          startStep: start_step,
          endStep: end_step,
        }),
    }),
  ];
}

interface GivenPage {
  readonly filter?: string | undefined;
  readonly max_results?: number | undefined;
  readonly order_by?: readonly string[] | undefined;
  readonly page_token?: string | undefined;
}

function toPage({ filter, max_results, order_by, page_token }: GivenPage) {
  return { filter, maxResults: max_results, orderBy: order_by, pageToken: page_token };
}

/** Lists that are empty are left out. */
function toList(name: string, items: readonly unknown[]): object {
  return items.length === 0 ? {} : { [name]: items };
}
