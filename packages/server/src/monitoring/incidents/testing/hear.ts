import type { Finding, Monitor } from "../../finding.ts";
import { toMonitorSettings, type MonitorSettings } from "../../settings.ts";
import type { Watched } from "../../watched.ts";
import type { Happening } from "../incident.ts";
import { afterNews, toNews, type NewsType } from "../tell.ts";
import { hearVerdicts, newWatchState, type WatchState } from "../watch-state.ts";

export const hourMs = 3_600_000;
export const watched: Watched = { endpoint: "flight-delay", model: "flight-delay", version: 3 };
export const settings: MonitorSettings = toMonitorSettings({})!;

export function finding(monitor: Monitor, verdict: Finding["verdict"], rest: Partial<Finding> = {}): Finding {
  return {
    monitor,
    slice: "",
    column: null,
    metric: null,
    verdict,
    severity: "warning",
    value: 1,
    threshold: 0.5,
    p: null,
    pAdjusted: null,
    effect: null,
    rows: 500,
    referenceRows: 5_000,
    provisional: false,
    message: `${monitor} of ${rest.column ?? "all"} is 1, at most 0.5.`,
    ...rest,
  };
}

/** Windows of an hour, one after the other, and what would have been told at the end of each. */
export function createHearing(given: MonitorSettings = settings) {
  let state: WatchState = newWatchState;
  let made = 0;
  const hearing = {
    told: [] as NewsType[],
    happenings: [] as Happening[],
    get state() {
      return state;
    },
    set state(next: WatchState) {
      state = next;
    },
    get incident() {
      return state.incident;
    },
    /** @param hour the number of the window @param judge `pulse`, or of a window's end */
    hear(hour: number, findings: readonly Finding[], judge = "drift") {
      const window = { from: hour * hourMs, to: (hour + 1) * hourMs };
      const heard = { watched, window, settings: given, verdicts: [{ judge, findings }] };
      const step = hearVerdicts(state, heard, () => `incident-${++made}`);
      state = step.state;
      hearing.happenings.push(...step.happenings);
      hearing.tell(window.to);
      return state.incident;
    },
    tell(now: number) {
      const { incident } = state;
      const news = incident && toNews(incident, now, given.incidents.cooldownMs);
      if (!incident || !news) return;
      hearing.told.push(news);
      state = { ...state, incident: { ...incident, told: afterNews(incident, news, now) } };
    },
  };
  return hearing;
}
