import type { Kysely } from "../../platform/sql/index.ts";
import type { Channels } from "../channels/channels.ts";
import { toNotification } from "../channels/notification.ts";
import type { MonitorSettings } from "../settings.ts";
import type { Watched } from "../watched.ts";
import type { Happening, Incident } from "./incident.ts";
import { createIncidentStore, type IncidentTables } from "./store.ts";
import { afterNews, toNews, type NewsType } from "./tell.ts";
import type { WatchState } from "./watch-state.ts";

export interface Conclusion {
  readonly watched: Watched;
  /** Null: the endpoint is not watched any more. */
  readonly settings: MonitorSettings | null;
  readonly before: WatchState;
  readonly state: WatchState;
  readonly happenings: readonly Happening[];
  readonly now: number;
}

const dayMs = 86_400_000;

/** Writes what has changed and has the channels told of it, all in one transaction. */
export function createConclude({ channels }: { readonly channels: Pick<Channels, "announce"> }) {
  return async (trx: Kysely<IncidentTables>, given: Conclusion): Promise<void> => {
    const { watched, settings, before, state, happenings, now } = given;
    const store = createIncidentStore(trx);
    const { incident } = state;
    const news = incident && findNews(incident, given);
    let told = state;
    if (incident && news) {
      await channels.announce(trx, toNotification(incident, news, now), settings?.incidents.channels ?? null);
      told = { ...state, incident: { ...incident, told: afterNews(incident, news, now) } };
    }
    if (told.incident && told.incident !== before.incident) await store.saveIncident(told.incident, now);
    if (told !== before) await store.saveState(watched, told, now);
    const line =
      incident && news
        ? [{ incident: incident.id, type: "told" as const, at: now, actor: null, text: texts[news] }]
        : [];
    await store.addHappenings([...happenings, ...line]);
  };
}

/** Of days long past, which an import brings, nobody is told; that something is over always is, where its beginning was told. */
function findNews(incident: Incident, { state, settings, now }: Conclusion): NewsType | null {
  const news = toNews(incident, now, settings?.incidents.cooldownMs ?? 0);
  if (news === null || news === "resolved") return news;
  return now - state.at <= Math.max(dayMs, 3 * (settings?.windowMs ?? 0)) ? news : null;
}

const texts: Readonly<Record<NewsType, string>> = {
  opened: "The channels are told.",
  worsened: "The channels are told that it is worse.",
  reopened: "The channels are told that it is back.",
  acknowledged: "The channels are told that somebody looks at it.",
  resolved: "The channels are told that it is over.",
};
