import { SlipwayError, type LifecycleView } from "@slipway/contract";
import type { Tracking, View } from "../../tracking/index.ts";
import type { Handlers } from "./register.ts";

type TrackingRoutes = "listExperiments" | "getExperiment" | "listRuns" | "getRun";

interface SearchQuery {
  readonly limit: number;
  readonly cursor?: string;
  readonly filter?: string;
  readonly order_by?: string;
  readonly view: LifecycleView;
}

const views: Readonly<Record<LifecycleView, View>> = { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY", all: "ALL" };

function toOrder({ limit, cursor, filter, order_by, view }: SearchQuery) {
  return {
    filter,
    orderBy: order_by === undefined ? undefined : [order_by],
    view: views[view],
    maxResults: limit,
    pageToken: cursor,
  };
}

/** What runs are is MLflow's own JSON, rendered where the database is: here it only gets another frame. */
export function createTrackingHandlers({ tracking }: { readonly tracking: Tracking }): Pick<Handlers, TrackingRoutes> {
  const { runs, search } = tracking;
  return {
    listExperiments: async ({ query }) => {
      const { experiments: items = [], next_page_token } = await search.experiments(toOrder(toQuery(query)));
      return { items, next: next_page_token ?? null };
    },
    getExperiment: ({ params }) => requireExperiment(tracking, params["experiment"]!),
    listRuns: async ({ query }) => {
      const { experiment, ...order } = toQuery(query);
      return toRunPage(
        await search.runs({ ...toOrder(order), experimentIds: await toExperimentIds(tracking, experiment) }),
      );
    },
    // `{"run":` and `}` are the frame of the other API.
    getRun: async ({ params }) => (await runs.get(params["run"]!)).subarray('{"run":'.length, -1),
  };
}

function toQuery(query: Readonly<Record<string, unknown>>): SearchQuery & { readonly experiment?: string } {
  return query as unknown as SearchQuery & { readonly experiment?: string };
}

/** By its id, else by its name, which may be made of digits, too. */
async function requireExperiment({ experiments }: Tracking, text: string) {
  if (/^[0-9]{1,15}$/.test(text)) {
    const found = await experiments.get(text).catch((error: unknown) => {
      if (SlipwayError.is(error) && error.code === "experiment_not_found") return null;
      throw error;
    });
    if (found) return found;
  }
  const named = await experiments.findByName(text);
  if (named) return named;
  throw new SlipwayError(
    "experiment_not_found",
    `No experiment has the id or the name ${JSON.stringify(text)}; see "slipway experiments list".`,
    { experiment: text },
  );
}

/** As many as a search looks at, the newest. */
const mostExperiments = 50_000;

export async function toExperimentIds(tracking: Tracking, experiment: string | undefined): Promise<readonly string[]> {
  if (experiment !== undefined) return [(await requireExperiment(tracking, experiment)).experiment_id];
  const { experiments = [] } = await tracking.search.experiments({ maxResults: mostExperiments });
  return experiments.map(({ experiment_id }) => experiment_id);
}

const head = '{"runs":[';
const tokenHead = '],"next_page_token":"';

/** A page of ours of MLflow's answer, without reading the runs in it. Quotes inside of them are escaped, so the last is the token's. */
export function toRunPage(answer: Uint8Array): Uint8Array {
  const bytes = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength);
  if (!bytes.subarray(0, head.length).equals(Buffer.from(head))) return toPage(Buffer.alloc(0), null);
  const at = bytes.lastIndexOf(tokenHead);
  return at === -1
    ? toPage(bytes.subarray(head.length, -"]}".length), null)
    : toPage(bytes.subarray(head.length, at), bytes.subarray(at + tokenHead.length, -'"}'.length));
}

function toPage(runs: Uint8Array, token: Uint8Array | null): Uint8Array {
  const next = token === null ? Buffer.from("null") : Buffer.concat([Buffer.from('"'), token, Buffer.from('"')]);
  return Buffer.concat([Buffer.from('{"items":['), runs, Buffer.from('],"next":'), next, Buffer.from("}")]);
}
