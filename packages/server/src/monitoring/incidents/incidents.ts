import { SlipwayError } from "@slipway/contract";
import { appendAudit, type AuditAction } from "../../access/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { createId } from "../../kernel/ids.ts";
import type { Logger } from "../../kernel/logger.ts";
import type { Page } from "../../kernel/page.ts";
import type { Kysely, Sql } from "../../platform/sql/index.ts";
import type { Channels } from "../channels/channels.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import { createConclude } from "./conclude.ts";
import type { Happening, HappeningType, Incident } from "./incident.ts";
import { transition, type IncidentEvent } from "./incident-state.ts";
import { toNews } from "./tell.ts";
import { createIncidentStore, pruneIncidents, type IncidentQuery, type IncidentTables } from "./store.ts";
import { end, endings, hearVerdicts, type HeardWindow, type WatchState } from "./watch-state.ts";

export interface Incidents {
  /** What was found in one window, in the transaction that keeps it. Call `taken` after its commit. */
  // oxlint-disable-next-line typescript/no-explicit-any
  take(trx: Kysely<any>, heard: HeardWindow & { readonly now: number }): Promise<void>;
  taken(): void;
  /** The same in a transaction of its own. */
  hear(windows: readonly HeardWindow[]): Promise<void>;
  /** Newest first. */
  list(query: IncidentQuery): Promise<Page<Incident>>;
  /** @throws SlipwayError `not_found` */
  get(id: string): Promise<Incident>;
  /** What happened to it, oldest first; at most the last 1,000. */
  history(id: string): Promise<readonly Happening[]>;
  /** @throws SlipwayError `not_found`, `precondition_failed` where it is over */
  acknowledge(id: string, how: Deed): Promise<Incident>;
  /** Says nothing of it until then, milliseconds. @throws as `acknowledge` */
  mute(id: string, how: Deed & { readonly until: number }): Promise<Incident>;
  unmute(id: string, how: Deed): Promise<Incident>;
  /** What fires now is no evidence of another one until it has stopped once. @throws as `acknowledge` */
  resolve(id: string, how: Deed): Promise<Incident>;
  /** What time alone changes: mutes that end, cool-downs that pass, versions that do not serve any more, what is kept for long enough. */
  tick(): Promise<void>;
}

interface Deed {
  readonly author: string | null;
  readonly message?: string | undefined;
}

export interface IncidentDeps {
  readonly sql: Sql;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly channels: Pick<Channels, "announce" | "wake">;
  /** Null: the endpoint is not watched. */
  readonly settingsOf: (endpoint: string) => MonitorSettings | null;
  /** Whether the version does not serve any more; not where that cannot be told here. */
  readonly isGone: (watched: Watched) => Promise<boolean>;
  /** How long what is over stays on record. */
  readonly keepMs: number;
}

const mostHistory = 1_000;
const leastRetiredMs = 3_600_000;
const pruneEveryMs = 3_600_000;

export function createIncidents(deps: IncidentDeps): Incidents {
  const { sql, clock, logger, channels } = deps;
  const { db, tx } = sql.as<IncidentTables>();
  const store = createIncidentStore(db);
  const conclude = createConclude(deps);
  let prunedAt = 0;

  async function hearOne(trx: Kysely<IncidentTables>, heard: HeardWindow, now: number): Promise<void> {
    const { watched, settings } = heard;
    const before = await createIncidentStore(trx).findState(watched);
    const { state, happenings } = hearVerdicts(before, heard, createId);
    if (state !== before) await conclude(trx, { watched, settings, before, state, happenings, now });
  }

  async function require(id: string): Promise<Incident> {
    const found = await store.findIncident(id);
    if (found) return found;
    throw new SlipwayError("not_found", `There is no incident ${id}: "slipway incidents list --all" shows them.`, {
      id,
    });
  }

  const act = createActs({ ...deps, conclude, require });

  return {
    take: (trx, { now, ...heard }) => hearOne(trx, heard, now),
    taken: channels.wake,
    async hear(windows) {
      if (windows.length === 0) return;
      await tx(async (trx) => {
        for (const heard of windows) await hearOne(trx, heard, clock.now());
      });
      channels.wake();
    },
    list: (query) => store.list(query),
    get: require,
    async history(id) {
      await require(id);
      return store.listHappenings(id, mostHistory);
    },
    ...act,
    async tick() {
      const { items } = await store.list({ state: "active", limit: mostHistory, cursor: null });
      for (const incident of items)
        await passTime({ ...deps, conclude }, incident).catch((error: unknown) =>
          logger.error({ error, incident: incident.id }, "an incident could not be brought up to date"),
        );
      channels.wake();
      if (clock.now() - prunedAt < pruneEveryMs) return;
      prunedAt = clock.now();
      await tx((trx) => pruneIncidents(trx, prunedAt - deps.keepMs));
    },
  };
}

/** Whether time alone may have changed anything: a look at it costs a transaction. */
function isDue(incident: Incident, { clock, settingsOf }: IncidentDeps): boolean {
  const settings = settingsOf(incident.watched.endpoint);
  const now = clock.now();
  const isMuteOver = incident.state === "muted" && (incident.mutedUntil ?? 0) <= now;
  return settings === null || isMuteOver || toNews(incident, now, settings.incidents.cooldownMs) !== null;
}

type Inner = IncidentDeps & { readonly conclude: ReturnType<typeof createConclude> };

async function passTime(deps: Inner, about: Incident): Promise<void> {
  const { sql, clock, conclude, settingsOf, isGone } = deps;
  const { watched } = about;
  const gone = await isGone(watched);
  if (!gone && !isDue(about, deps)) return;
  const settings = settingsOf(watched.endpoint);
  await sql.as<IncidentTables>().tx(async (trx) => {
    const before = await createIncidentStore(trx).findState(watched);
    const now = clock.now();
    const { incident } = before;
    if (incident === null || incident.state === "resolved") return;
    const quietMs = Math.max(leastRetiredMs, 3 * (settings?.windowMs ?? 0));
    if (settings === null || (gone && now - before.at > quietMs)) {
      const { state, happenings } = end(before, "retired");
      return conclude(trx, { watched, settings, before, state, happenings, now });
    }
    const isHeard = incident.state === "muted" && incident.mutedUntil !== null && incident.mutedUntil <= now;
    const state: WatchState = isHeard
      ? { ...before, incident: { ...incident, state: "open", mutedUntil: null } }
      : before;
    const unmuted: Happening = {
      incident: incident.id,
      type: "unmuted",
      at: now,
      actor: null,
      text: "The mute is over.",
    };
    await conclude(trx, { watched, settings, before, state, happenings: isHeard ? [unmuted] : [], now });
  });
}

interface Act {
  readonly event: IncidentEvent;
  readonly type: HappeningType;
  readonly action: AuditAction;
  readonly how: Deed;
  readonly text: string;
  readonly change: (incident: Incident) => Partial<Incident>;
}

/** What people do. */
function createActs({
  sql,
  clock,
  channels,
  conclude,
  settingsOf,
  require,
}: Inner & { require(id: string): Promise<Incident> }) {
  async function act(id: string, { event, type, action, how, text, change }: Act): Promise<Incident> {
    const { watched } = await require(id);
    await sql.as<IncidentTables>().tx(async (trx) => {
      const now = clock.now();
      const before = await createIncidentStore(trx).findState(watched);
      const { incident } = before;
      const state = incident?.id === id ? transition(incident.state, event) : null;
      if (incident === null || state === null) throw notNow(id, event);
      const after = { ...incident, state, updatedAt: now, ...change(incident) };
      const firing = before.signals.filter((signal) => signal.firing).map(({ key }) => key);
      const dismissed = event === "resolve" ? firing : before.dismissed;
      const told = [text, how.message].filter((part) => part !== undefined && part !== "").join(" ");
      const happenings = [{ incident: id, type, at: now, actor: how.author, text: told }];
      const next = { ...before, dismissed, incident: after };
      await conclude(trx, { watched, settings: settingsOf(watched.endpoint), before, state: next, happenings, now });
      await appendAudit(trx, {
        at: now,
        actor: how.author,
        action,
        subject: watched.endpoint,
        details: { incident: id },
      });
    });
    channels.wake();
    return require(id);
  }

  const acts: Pick<Incidents, "acknowledge" | "mute" | "unmute" | "resolve"> = {
    acknowledge: (id, how) =>
      act(id, {
        event: "acknowledge",
        type: "acknowledged",
        action: "incident.acknowledge",
        how,
        text: "Somebody looks at it.",
        change: () => ({ acknowledgedAt: clock.now(), acknowledgedBy: how.author, mutedUntil: null }),
      }),
    mute: (id, { until, ...how }) =>
      act(id, {
        event: "mute",
        type: "muted",
        action: "incident.mute",
        how,
        text: `Nothing is told of it until ${new Date(until).toISOString()}.`,
        change: () => ({ mutedUntil: until }),
      }),
    unmute: (id, how) =>
      act(id, {
        event: "unmute",
        type: "unmuted",
        action: "incident.unmute",
        how,
        text: "It is told again.",
        change: () => ({ mutedUntil: null }),
      }),
    resolve: (id, how) =>
      act(id, {
        event: "resolve",
        type: "resolved",
        action: "incident.resolve",
        how,
        text: endings.person,
        change: () => ({ resolvedAt: clock.now(), resolution: "person", mutedUntil: null }),
      }),
  };
  return acts;
}

function notNow(id: string, event: IncidentEvent): SlipwayError {
  const why = event === "unmute" ? "is not muted" : "is over";
  return new SlipwayError(
    "precondition_failed",
    `Incident ${id} ${why}: "slipway incidents show ${id}" says what became of it.`,
    { id },
  );
}
