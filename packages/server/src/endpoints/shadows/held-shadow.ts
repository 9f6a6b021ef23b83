import { SlipwayError } from "@slipway/contract";
import type { Registry } from "../../registry/index.ts";
import type { LoadedVersion, LoadSettings, Serving } from "../../serving/index.ts";
import { createRepeater, type Repeater } from "./repeater.ts";
import type { RepeatDeps } from "./repeat-request.ts";
import type { ShadowCounts } from "./shadow-counts.ts";

export interface WantedShadow {
  readonly model: string;
  readonly version: number;
  /** Ten-thousandths of the requests. */
  readonly share: number;
  readonly settings: LoadSettings;
}

/** What a shadow has done, and why it does nothing where it does. */
export interface ShadowState {
  readonly version: number;
  readonly share: number;
  readonly state: "loading" | "ready" | "failed";
  /** Why it failed; it is tried again from time to time. */
  readonly failure: string | null;
  readonly waitingRows: number;
  /** Since it is a shadow, in this process. */
  readonly counts: ShadowCounts;
}

/** A version that is loaded to repeat the requests of one endpoint. */
export interface HeldShadow {
  readonly version: number;
  share: number;
  readonly repeater: Repeater;
  /** Whether it is the same copy that is wanted. */
  isFor(wanted: WantedShadow): boolean;
  state(): ShadowState;
  /** Resolves when it is out of memory, which nobody has to wait for. */
  close(): Promise<void>;
}

const firstRetryMs = 30_000;
const longestRetryMs = 10 * 60_000;

export interface HeldDeps extends RepeatDeps {
  readonly registry: Pick<Registry, "requireVersion">;
  readonly serving: Pick<Serving, "acquire" | "release">;
}

/** Begins to load it at once; until it is there, what is offered is dropped and counted. */
export function createHeldShadow(deps: HeldDeps, wanted: WantedShadow): HeldShadow {
  const { registry, serving, clock, logger } = deps;
  const { model, version, settings } = wanted;
  const repeater = createRepeater(deps);
  const key = JSON.stringify([model, version, settings]);
  let share = wanted.share;
  let failure: string | null = null;
  let isReady = false;
  let closed = false;
  let stopTimer = () => {};
  let holding: Promise<LoadedVersion | null> = load(firstRetryMs);

  async function load(retryMs: number): Promise<LoadedVersion | null> {
    try {
      const loaded = await serving.acquire(await registry.requireVersion(model, version), settings);
      if (!closed) {
        [failure, isReady] = [null, true];
        repeater.setVersion(loaded);
      }
      return loaded;
    } catch (error) {
      failure = SlipwayError.is(error) ? error.message : "The version does not load; the server's log says why.";
      logger.error({ error, model, version }, "a shadow does not load; it is tried again");
      if (closed) return null;
      repeater.setVersion("failed");
      stopTimer = clock.after(retryMs, () => (holding = load(Math.min(longestRetryMs, 2 * retryMs))));
      return null;
    }
  }

  return {
    version,
    get share() {
      return share;
    },
    set share(now) {
      share = now;
    },
    repeater,
    isFor: (other) => JSON.stringify([other.model, other.version, other.settings]) === key,
    state: () => ({
      version,
      share,
      state: isReady ? "ready" : failure === null ? "loading" : "failed",
      failure,
      waitingRows: repeater.waitingRows,
      counts: repeater.counts,
    }),
    async close() {
      closed = true;
      stopTimer();
      repeater.setVersion("loading");
      repeater.letGo();
      const loaded = await holding;
      if (loaded === null) return;
      await serving
        .release(loaded)
        .catch((error: unknown) => logger.error({ error, model, version }, "unloading a shadow failed"));
    },
  };
}
