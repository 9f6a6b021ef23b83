import type {
  ManifestRollout,
  Rollout,
  RolloutCommandKind,
  RolloutEvent,
  RolloutEventPage,
  RolloutExplanation,
  RolloutPlan,
  RolloutStarted,
  Strategy,
} from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { iteratePages, type Page, type PageOptions } from "./pages.ts";
import { sleep, type CallOptions, type Transport } from "./transport.ts";

export interface RolloutStartOptions extends CallOptions {
  /** In the place of the endpoint's own `rollout:` section. */
  readonly rollout?: ManifestRollout | undefined;
  /** Goes before what the section says. */
  readonly strategy?: Strategy | undefined;
  /** Also where the version's signature breaks those who call now. */
  readonly allowBreaking?: boolean | undefined;
  /** Whose version it is; refused where the endpoint serves another model. */
  readonly model?: string | undefined;
  /** A rollout that is under way at the endpoint ends; without it this one is refused. */
  readonly supersede?: boolean | undefined;
  readonly message?: string | undefined;
}

export interface RolloutListOptions extends PageOptions, CallOptions {
  readonly endpoint?: string | undefined;
  /** "active": those that have not ended. */
  readonly state?: "active" | "ended" | undefined;
}

export interface RolloutCommandOptions extends CallOptions {
  /** For the events. */
  readonly message?: string | undefined;
}

export interface RolloutEventOptions extends PageOptions, CallOptions {
  /** Only events with a larger number. */
  readonly after?: number | undefined;
}

export interface RolloutWatchOptions extends CallOptions {
  /** Milliseconds between two looks; 1,000 where it is left out. */
  readonly everyMs?: number | undefined;
}

/** What has changed since the last look. */
export interface RolloutChange {
  readonly rollout: Rollout;
  readonly events: readonly RolloutEvent[];
}

export interface RolloutsClient {
  /**
   * Begins to release a version; another rollout of the endpoint that is under way is superseded.
   * @throws SlipwayError `precondition_failed` where it serves or is being released already, `breaking_change`, `invalid_manifest`
   */
  start(
    endpoint: string,
    version: number,
    options?: RolloutStartOptions,
  ): Promise<Rollout & Pick<RolloutStarted, "notes">>;
  /** What it would do and how long it would take; begins nothing. */
  plan(
    endpoint: string,
    version: number,
    options?: RolloutStartOptions,
  ): Promise<RolloutPlan & Pick<RolloutStarted, "notes">>;
  /** Newest first. */
  list(options?: RolloutListOptions): Promise<Page<Rollout>>;
  all(options?: RolloutListOptions): AsyncGenerator<Rollout, void, undefined>;
  get(id: string, options?: CallOptions): Promise<Rollout>;
  /** The one of an endpoint that has not ended, else its last. @throws SlipwayError `not_found` where it never had one, `endpoint_not_found` */
  latest(endpoint: string, options?: CallOptions): Promise<Rollout>;
  /** Oldest first. */
  events(id: string, options?: RolloutEventOptions): Promise<RolloutEventPage>;
  allEvents(id: string, options?: RolloutEventOptions): AsyncGenerator<RolloutEvent, void, undefined>;
  explain(id: string, options?: CallOptions): Promise<RolloutExplanation>;
  command(id: string, kind: RolloutCommandKind, options?: RolloutCommandOptions): Promise<Rollout>;
  /** Every change until it ends, its end included; goes on where the server is started anew in between. */
  watch(id: string, options?: RolloutWatchOptions): AsyncGenerator<RolloutChange, void, undefined>;
}

/** Looks in vain before a server that does not answer is given up: half a minute. */
const patience = 30;

export function createRollouts(transport: Transport): RolloutsClient {
  const root = "/api/v1/rollouts";
  const pathOf = (id: string): string => `${root}/${encodeURIComponent(id)}`;
  const list: RolloutsClient["list"] = ({ limit, cursor, endpoint, state, ...call } = {}) =>
    transport.call({ method: "GET", path: root, query: { limit, cursor, endpoint, state }, ...call });
  const events: RolloutsClient["events"] = (id, { limit, cursor, after, ...call } = {}) =>
    transport.call({ method: "GET", path: `${pathOf(id)}/events`, query: { limit, cursor, after }, ...call });
  const allEvents: RolloutsClient["allEvents"] = (id, options = {}) =>
    iteratePages((cursor) => events(id, { ...options, cursor: cursor ?? options.cursor }));
  const get: RolloutsClient["get"] = (id, call) => transport.call({ method: "GET", path: pathOf(id), ...call });
  const begin = (
    { endpoint, version, isDry }: { endpoint: string; version: number; isDry: boolean },
    { rollout, strategy, allowBreaking, model, supersede, message, ...call }: RolloutStartOptions,
  ) =>
    transport.call<RolloutStarted>({
      method: "POST",
      path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}/rollouts`,
      json: { version, model, rollout, strategy, allow_breaking: allowBreaking, supersede, message, dry_run: isDry },
      ...call,
    });

  return {
    async start(endpoint, version, options = {}) {
      const { rollout, notes } = await begin({ endpoint, version, isDry: false }, options);
      if (rollout !== null) return { ...rollout, notes };
      throw new SlipwayError("internal", `The server began no rollout of ${endpoint}.`);
    },
    async plan(endpoint, version, options = {}) {
      const { plan, notes } = await begin({ endpoint, version, isDry: true }, options);
      if (plan !== null) return { ...plan, notes };
      throw new SlipwayError("internal", `The server made no plan for ${endpoint}.`);
    },
    list,
    all: (options = {}) => iteratePages((cursor) => list({ ...options, cursor: cursor ?? options.cursor })),
    get,
    async latest(endpoint, call = {}) {
      const [found] = (await list({ endpoint, limit: 1, ...call })).items;
      if (found !== undefined) return found;
      await transport.call({ method: "GET", path: `/api/v1/endpoints/${encodeURIComponent(endpoint)}`, ...call });
      const message = `${endpoint} had no rollout yet: "slipway rollout start ${endpoint}@VERSION" begins one.`;
      throw new SlipwayError("not_found", message, { endpoint });
    },
    events,
    allEvents,
    explain: (id, call) => transport.call({ method: "GET", path: `${pathOf(id)}/explain`, ...call }),
    command: (id, kind, { message, ...call } = {}) =>
      transport.call({ method: "POST", path: `${pathOf(id)}/commands`, json: { kind, message }, ...call }),
    watch: (id, options) => watch({ get, allEvents }, id, options),
  };
}

async function* watch(
  { get, allEvents }: Pick<RolloutsClient, "get" | "allEvents">,
  id: string,
  { everyMs = 1000, ...call }: RolloutWatchOptions = {},
): AsyncGenerator<RolloutChange, void> {
  let [seen, shown, failures] = [0, "", 0];
  for (;;) {
    try {
      const rollout = await get(id, call);
      const events: RolloutEvent[] = [];
      if (rollout.events > seen)
        for await (const event of allEvents(id, { limit: 200, after: seen, ...call })) events.push(event);
      seen = events.at(-1)?.seq ?? seen;
      failures = 0;
      const text = JSON.stringify(rollout);
      if (events.length > 0 || text !== shown) yield { rollout, events };
      shown = text;
      if (!rollout.active) return;
    } catch (error) {
      if (call.signal?.aborted === true) throw call.signal.reason;
      if (shown === "" || (SlipwayError.is(error) && !error.retryable)) throw error;
      if (++failures > patience) throw error;
    }
    await sleep(everyMs, call.signal);
  }
}
