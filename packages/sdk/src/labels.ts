import type {
  AmbiguousRule,
  Label,
  LabelImportRequest,
  LabelReport,
  LabelSummary,
  NewLabel,
  Operation,
} from "@slipway/contract";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import type { CallOptions, Transport } from "./transport.ts";

export interface LabelOptions extends CallOptions {
  /** Where several predictions carry the key of a label: attach it to none of them (default), the newest, or all. */
  readonly ambiguous?: AmbiguousRule | undefined;
  /** False: store at once, without telling which predictions are meant. */
  readonly resolve?: boolean | undefined;
}

export interface LabelListOptions extends PageOptions, CallOptions {
  /** Received since: RFC 3339, or a duration back from now such as "15m". */
  readonly since?: string | undefined;
  /** `ID` or `ID/ROW`. */
  readonly prediction?: string | undefined;
  readonly key?: string | undefined;
}

export interface LabelsClient {
  /**
   * Says what came true, for at most 10,000 predictions. What is answered is durable, and what was said already is not stored
   * again, so it can be sent once more after a lost connection.
   */
  add(endpoint: string, labels: NewLabel | readonly NewLabel[], options?: LabelOptions): Promise<LabelReport>;
  /** As they were received, newest first. */
  list(endpoint: string, options?: LabelListOptions): Promise<Page<Label>>;
  all(endpoint: string, options?: LabelListOptions): AsyncGenerator<Label, void, undefined>;
  summary(endpoint: string, options?: CallOptions): Promise<LabelSummary>;
  /** Attaches the labels of an uploaded file (`blobs.ensure`); its operation ends with a `LabelImportResult`. */
  import(endpoint: string, request: LabelImportRequest, options?: CallOptions): Promise<Operation>;
  /** Pulls from the endpoint's `labels.sql` now. */
  pull(endpoint: string, options?: CallOptions): Promise<Operation>;
}

export function createLabels(transport: Transport): LabelsClient {
  const pathOf = (endpoint: string): string => `/api/v1/endpoints/${encodeURIComponent(endpoint)}/labels`;
  const list: LabelsClient["list"] = (endpoint, { limit, cursor, since, prediction, key, ...options } = {}) =>
    transport.call({
      method: "GET",
      path: pathOf(endpoint),
      query: { limit, cursor, since, prediction, key },
      ...options,
    });
  return {
    add: (endpoint, labels, { ambiguous, resolve, ...options } = {}) =>
      transport.call({
        method: "POST",
        path: pathOf(endpoint),
        json: { labels: Array.isArray(labels) ? labels : [labels], ambiguous, resolve },
        ...options,
      }),
    list,
    all: (endpoint, options = {}) =>
      iteratePages((cursor) => list(endpoint, { ...options, cursor: cursor ?? options.cursor })),
    summary: (endpoint, options) => transport.call({ method: "GET", path: `${pathOf(endpoint)}/summary`, ...options }),
    import: (endpoint, request, options) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/import`, json: request, ...options }),
    pull: (endpoint, options) =>
      transport.call({ method: "POST", path: `${pathOf(endpoint)}/pull`, json: {}, ...options }),
  };
}
