import type { Endpoints } from "../endpoints/index.ts";
import type { SettingsOf } from "./endpoint-settings.ts";
import { windowAt, type Watched, type Window } from "./watched.ts";

/** The version of each endpoint that has its traffic. */
export function listServing(endpoints: Endpoints): Watched[] {
  return [...endpoints.snapshot().routes.values()].flatMap(({ endpoint, spec: { target } }) =>
    target === null ? [] : [{ endpoint, model: target.model, version: target.version }],
  );
}

/** The last window that has ended, of each version that serves and is watched: it is looked at even where nothing came. */
export function listLastWindows(
  endpoints: Endpoints,
  { settingsOf, now }: { readonly settingsOf: SettingsOf; readonly now: number },
): (Watched & Window)[] {
  return listServing(endpoints).flatMap((watched) => {
    const settings = settingsOf(watched.endpoint);
    return settings === null ? [] : [{ ...watched, ...windowAt(now - settings.windowMs, settings.windowMs) }];
  });
}
