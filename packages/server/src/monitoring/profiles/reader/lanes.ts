import type { Route } from "@slipway/runtime/log";
import type { Watched } from "../../watched.ts";
import { type AppendRecord, createAppend, createLane, type Lane, type LaneFlush } from "./lane.ts";
import type { Ask } from "./messages.ts";

/** Null: a version that is not profiled. */
export type Known = { readonly lane: Lane; readonly append: AppendRecord } | null;

/** The lane of each version. */
export interface Lanes {
  /** Undefined where the setting has to be asked for first. */
  find(route: Route): Known | undefined;
  learn(route: Route): Promise<void>;
  list(): Lane[];
  /** Settings are asked for again from now on: they may have changed. */
  doubt(): void;
}

export interface LanesDeps extends LaneFlush {
  readonly ask: Ask;
  /** Before a lane is replaced. */
  readonly leave: (lane: Lane) => Promise<void>;
}

export function createLanes({ ask, leave, ...flush }: LanesDeps): Lanes {
  const lanes = new Map<string, Known>();
  /** By their name, those that were asked for. */
  let confirmed = new Set<string>();
  let byRoute = new WeakMap<Route, { readonly known: Known }>();

  return {
    find(route) {
      const found = byRoute.get(route);
      if (found !== undefined) return found.known;
      const name = nameOf(route);
      if (!confirmed.has(name)) return undefined;
      const known = lanes.get(name) ?? null;
      byRoute.set(route, { known });
      return known;
    },
    async learn(route) {
      const { endpoint, model, version } = route;
      const name = nameOf(route);
      confirmed.add(name);
      if (model === null || version === null) return;
      const watched: Watched = { endpoint, model, version };
      const before = lanes.get(name) ?? null;
      const setting = await ask("setting", { watched, have: before?.lane.setting.key ?? null });
      if (setting === true) return;
      if (before !== null) await leave(before.lane);
      if (setting === null) {
        lanes.delete(name);
        return;
      }
      const lane = createLane(watched, setting);
      lanes.set(name, { lane, append: createAppend(lane, flush) });
    },
    list: () => [...lanes.values()].flatMap((known) => known?.lane ?? []),
    doubt() {
      confirmed = new Set();
      byRoute = new WeakMap();
    },
  };
}

function nameOf({ endpoint, model, version }: Route): string {
  return JSON.stringify([endpoint, model, version]);
}
