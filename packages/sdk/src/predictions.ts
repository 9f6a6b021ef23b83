import type { Operation, Prediction, PredictionImportRequest, QueryAnswer, QueryRequest } from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import { sleep, type CallOptions, type Request, type Transport } from "./transport.ts";

export interface PredictionFilter {
  /** RFC 3339, or a duration back from now such as "15m". */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Only those that failed or were answered by a fallback. */
  readonly errors?: boolean | undefined;
  /** The caller's own key. */
  readonly key?: string | undefined;
  /** What was answered once more, for nobody, too; traffic alone by default. */
  readonly shadows?: boolean | undefined;
}

export interface PredictionListOptions extends PredictionFilter, PageOptions, CallOptions {
  /** Newest first by default. */
  readonly order?: "newest" | "oldest" | undefined;
}

export interface FollowOptions extends PredictionFilter, CallOptions {
  /** How long to wait where nothing new came, 300 ms by default. */
  readonly pollMs?: number;
}

export interface EraseOptions extends CallOptions {
  /** One boolean SQL expression over the columns of the endpoint's view `predictions`: `key = 'alice'`. */
  readonly where: string;
  /** Only count what would go. */
  readonly dryRun?: boolean | undefined;
}

export interface QueryOptions extends CallOptions {
  /** One SELECT over the views `predictions`, `shadows` and `labels`; "DESCRIBE predictions" lists the columns. */
  readonly sql: string;
  /** 10,000 rows of JSON where it is left out, 5,000,000 of a file. */
  readonly limit?: number | undefined;
  /** RFC 3339, or a duration back from now such as "15m". */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** How long the query itself may run. */
  readonly queryTimeoutMs?: number | undefined;
}

export interface QueryFile {
  readonly body: ReadableStream<Uint8Array>;
  readonly rows: number;
  readonly truncated: boolean;
}

export interface PredictionsClient {
  list(endpoint: string, options?: PredictionListOptions): Promise<Page<Prediction>>;
  all(endpoint: string, options?: PredictionListOptions): AsyncGenerator<Prediction, void, undefined>;
  /** Everything about one prediction: `ID`, or `ID/i` for row i of a request of many. */
  get(id: string, options?: CallOptions): Promise<Prediction>;
  /** Predictions that carry the caller's key, newest first. */
  find(endpoint: string, key: string, options?: CallOptions): Promise<readonly Prediction[]>;
  /** Predictions as they come, oldest first, each once, without an end; from now on unless `since` says otherwise. */
  follow(endpoint: string, options?: FollowOptions): AsyncGenerator<Prediction, void, undefined>;
  /** SQL over what is on record, as rows. @throws ServerError `invalid_query` */
  query(endpoint: string, options: QueryOptions): Promise<QueryAnswer>;
  /** The same as a file of another format. */
  queryFile(endpoint: string, options: QueryOptions & { readonly format: "csv" | "parquet" }): Promise<QueryFile>;
  /** Takes what matches out for good. Resolves with an operation, whose `result` is an EraseResult. */
  erase(endpoint: string, options: EraseOptions): Promise<Operation>;
  /**
   * Puts the predictions of an uploaded file (`blobs.ensure`) on record, of a model that is served elsewhere; its operation ends with a
   * `PredictionImportResult`. The same file again changes nothing.
   */
  import(endpoint: string, request: PredictionImportRequest, options?: CallOptions): Promise<Operation>;
}

export function createPredictions(transport: Transport): PredictionsClient {
  const list: PredictionsClient["list"] = (endpoint, options = {}) => {
    const { limit, cursor, since, until, errors, key, shadows, order, ...call } = options;
    return transport.call({
      method: "GET",
      path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/predictions`,
      query: { limit, cursor, since, until, errors, key, shadows, order },
      ...call,
    });
  };
  const all: PredictionsClient["all"] = (endpoint, options = {}) =>
    iteratePages((cursor) => list(endpoint, { ...options, cursor: cursor ?? options.cursor }));

  return {
    list,
    all,
    import: (endpoint, request, options) =>
      transport.call({
        method: "POST",
        path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/predictions/import`,
        json: request,
        ...options,
      }),
    get: (id, options) => {
      const [request = "", row] = id.split("/");
      return transport.call({
        method: "GET",
        path: `/api/v1/predictions/${encodeURIComponent(request)}`,
        query: { row },
        ...options,
      });
    },
    find: async (endpoint, key, options = {}) => {
      const found: Prediction[] = [];
      for await (const item of all(endpoint, { ...options, key })) found.push(item);
      return found;
    },
    follow: (endpoint, options = {}) => follow(list, endpoint, options),
    query: (endpoint, options) => transport.call(toQuery(endpoint, options, "json")),
    queryFile: async (endpoint, { format, ...options }) => {
      const { body, headers } = await transport.send(toQuery(endpoint, options, format));
      return {
        body: body ?? new ReadableStream({ start: (controller) => controller.close() }),
        rows: Number(headers.get("slipway-rows")),
        truncated: headers.get("slipway-truncated") === "true",
      };
    },
    erase: (endpoint, { where, dryRun, ...call }) =>
      transport.call({
        method: "POST",
        path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/predictions/erase`,
        json: { where, ...(dryRun === undefined ? {} : { dry_run: dryRun }) },
        ...call,
      }),
  };
}

function toQuery(endpoint: string, options: QueryOptions, format: NonNullable<QueryRequest["format"]>): Request {
  const { sql, limit, since, until, queryTimeoutMs: timeout_ms, ...call } = options;
  return {
    method: "POST",
    path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/predictions/query`,
    json: { sql, format, limit, since, until, timeout_ms },
    ...call,
  };
}

/**
 * `seen` holds what was given and may come again: the log's end is read again and again, and a row of another process that
 * arrived earlier may push one that was given to the next page.
 */
async function* follow(
  list: PredictionsClient["list"],
  endpoint: string,
  { pollMs = 300, ...options }: FollowOptions,
): AsyncGenerator<Prediction, void, undefined> {
  const seen = new Set<string>();
  let { since } = options;
  if (since === undefined) {
    const [newest] = (await list(endpoint, { ...options, limit: 1 })).items;
    since = newest?.at;
    if (newest !== undefined) seen.add(newest.id);
  }
  let cursor: string | undefined;
  for (;;) {
    const page = await list(endpoint, { ...options, since, order: "oldest", limit: 200, cursor });
    for (const item of page.items) {
      if (!seen.has(item.id)) yield item;
      seen.add(item.id);
    }
    const moved = page.next !== null && page.next !== cursor;
    if (moved) {
      cursor = page.next ?? undefined;
      for (const { id } of page.items) seen.delete(id);
    }
    if (!moved || page.items.length === 0) await sleep(pollMs, options.signal);
  }
}
