import { decodeCursor, toPage, type Page, type PageQuery } from "../../kernel/page.ts";
import { raw, type Kysely } from "../../platform/sql/index.ts";
import type { Severity } from "../finding.ts";
import type { Watched } from "../watched.ts";
import type { Happening, HappeningType, Incident } from "./incident.ts";
import type { IncidentState } from "./incident-state.ts";
import { newWatchState, type WatchState } from "./watch-state.ts";

interface StateRow {
  endpoint: string;
  model: string;
  version: number;
  /** Of `state`. */
  format: number;
  state: string;
  /** Wall clock. */
  heard_at: number;
}

interface IncidentRow {
  id: string;
  endpoint: string;
  model: string;
  version: number;
  state: string;
  severity: string;
  opened_at: number;
  /** All of it, as JSON. */
  incident: string;
  /** Wall clock: predictions of an imported past are of another time. */
  saved_at: number;
}

interface EventRow {
  incident: string;
  /** From 1. */
  place: number;
  at: number;
  type: string;
  actor: string | null;
  text: string;
}

export interface IncidentTables {
  monitor_states: StateRow;
  monitor_incidents: IncidentRow;
  monitor_incident_events: EventRow;
}

export interface IncidentQuery extends PageQuery {
  readonly endpoint?: string | undefined;
  readonly model?: string | undefined;
  readonly version?: number | undefined;
  /** `active`: all but resolved. */
  readonly state?: IncidentState | "active" | undefined;
  readonly severity?: Severity | undefined;
  /** Opened then or later. */
  readonly since?: number | undefined;
}

const format = 1;

export function createIncidentStore(db: Kysely<IncidentTables>) {
  const findIncident = async (id: string): Promise<Incident | null> => {
    const row = await db.selectFrom("monitor_incidents").selectAll().where("id", "=", id).executeTakeFirst();
    return row ? fromRow(row) : null;
  };
  return {
    findIncident,
    /** What was written by another format is begun anew: a few windows are all that it knows. */
    async findState({ endpoint, model, version }: Watched): Promise<WatchState> {
      const row = await db
        .selectFrom("monitor_states")
        .selectAll()
        .where("endpoint", "=", endpoint)
        .where("model", "=", model)
        .where("version", "=", version)
        .executeTakeFirst();
      if (!row || row.format !== format) return newWatchState;
      const { incident, ...state } = JSON.parse(row.state) as Omit<WatchState, "incident"> & {
        incident: string | null;
      };
      return { ...newWatchState, ...state, incident: incident === null ? null : await findIncident(incident) };
    },
    async saveState(
      { endpoint, model, version }: Watched,
      { incident, ...rest }: WatchState,
      now: number,
    ): Promise<void> {
      const state = JSON.stringify({ ...rest, incident: incident?.id ?? null });
      await db
        .insertInto("monitor_states")
        .values({ endpoint, model, version, format, state, heard_at: now })
        .onConflict((conflict) =>
          conflict.columns(["endpoint", "model", "version"]).doUpdateSet({ format, state, heard_at: now }),
        )
        .execute();
    },
    async saveIncident(incident: Incident, now: number): Promise<void> {
      const { id, ...values } = { ...toRow(incident), saved_at: now };
      await db
        .insertInto("monitor_incidents")
        .values({ id, ...values })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(values))
        .execute();
    },
    async addHappenings(happenings: readonly Happening[]): Promise<void> {
      for (const { incident, at, type, actor, text } of happenings)
        await raw`insert into monitor_incident_events (incident, place, at, type, actor, text)
          select ${incident}, coalesce(max(place), 0) + 1, ${at}, ${type}, ${actor}, ${text}
          from monitor_incident_events where incident = ${incident}`.execute(db);
    },
    /** Oldest first, the newest `limit`. */
    async listHappenings(incident: string, limit: number): Promise<readonly Happening[]> {
      const rows = await db
        .selectFrom("monitor_incident_events")
        .selectAll()
        .where("incident", "=", incident)
        .orderBy("place", "desc")
        .limit(limit)
        .execute();
      return rows
        .toReversed()
        .map(({ at, type, actor, text }) => ({ incident, at, type: type as HappeningType, actor, text }));
    },
    /** Newest first. */
    async list({ limit, ...query }: IncidentQuery): Promise<Page<Incident>> {
      const rows = await select(db, query)
        .orderBy("opened_at", "desc")
        .orderBy("id", "desc")
        .limit(limit + 1)
        .execute();
      return toPage(rows.map(fromRow), limit, ({ openedAt, id }) => [openedAt, id]);
    },
  };
}

function select(db: Kysely<IncidentTables>, { cursor, state, since, ...filter }: Omit<IncidentQuery, "limit">) {
  let query = db.selectFrom("monitor_incidents").selectAll();
  for (const column of ["endpoint", "model", "version", "severity"] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, "=", value);
  }
  if (state === "active") query = query.where("state", "!=", "resolved");
  else if (state !== undefined) query = query.where("state", "=", state);
  if (since !== undefined) query = query.where("opened_at", ">=", since);
  if (cursor !== null) {
    const [at, id] = decodeCursor(cursor, ["number", "string"]) as [number, string];
    query = query.where((row) =>
      row.or([row("opened_at", "<", at), row.and([row("opened_at", "=", at), row("id", "<", id)])]),
    );
  }
  return query;
}

/** Removes what has been over since, and what is remembered of versions that have not been heard since. */
export async function pruneIncidents(db: Kysely<IncidentTables>, before: number): Promise<void> {
  const over = db
    .selectFrom("monitor_incidents")
    .select("id")
    .where("state", "=", "resolved")
    .where("saved_at", "<", before);
  await db.deleteFrom("monitor_incident_events").where("incident", "in", over).execute();
  await db.deleteFrom("monitor_incidents").where("state", "=", "resolved").where("saved_at", "<", before).execute();
  // An incident that is not over ends by what is remembered of its version.
  await raw`delete from monitor_states where heard_at < ${before} and not exists (
    select 1 from monitor_incidents i where i.endpoint = monitor_states.endpoint and i.model = monitor_states.model
    and i.version = monitor_states.version and i.state <> 'resolved')`.execute(db);
}

function toRow(incident: Incident): Omit<IncidentRow, "saved_at"> {
  const { id, watched, state, severity, openedAt } = incident;
  const { endpoint, model, version } = watched;
  return { id, endpoint, model, version, state, severity, opened_at: openedAt, incident: JSON.stringify(incident) };
}

function fromRow({ incident }: IncidentRow): Incident {
  return JSON.parse(incident) as Incident;
}
