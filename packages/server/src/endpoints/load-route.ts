import type { Logger } from "../kernel/logger.ts";
import type { Serving } from "../serving/index.ts";
import type { Endpoint } from "./endpoint.ts";
import { explain, toMissing, type Preparing } from "./prepare.ts";
import { prepareHeld } from "./prepare-held.ts";
import type { Prepared } from "./prepared.ts";
import type { Route } from "./snapshot.ts";

/** In an object, so that who waits for the champion does not wait for the arms. */
interface Arriving {
  readonly arms: Promise<void>;
}

const nothingArrives: Arriving = { arms: Promise.resolve() };

interface Loading {
  /** Also what is there already, whose versions may mean something else now. */
  readonly anew?: boolean;
  /** Left out: yes. Else those of a route that is made anew stay as they are. */
  readonly withArms?: boolean;
}

/** Loads what an endpoint needs as far as it loads: the champion first, whose traffic waits for no arm. Resolves with what brings the arms. */
export type Load = (endpoint: Endpoint, epoch: number, how?: Loading) => Promise<Arriving>;

export interface LoadDeps extends Omit<Preparing, "prepare"> {
  readonly serving: Pick<Serving, "retain">;
  readonly logger: Logger;
  readonly routeOf: (name: string) => Route | undefined;
  /** Puts it in force. */
  readonly commit: (endpoint: Endpoint, prepared: Prepared, epoch: number) => void;
}

export function createLoad(deps: LoadDeps): Load {
  const { serving, logger, routeOf, commit, prepareServed, acquireArms, release } = deps;

  /** As they are now. */
  function retainArms({ arms, missing }: Pick<Prepared, "arms" | "missing">): Pick<Prepared, "arms" | "missing"> {
    for (const { loaded } of arms) serving.retain(loaded);
    return { arms, missing };
  }

  return async (endpoint, epoch, { anew = false, withArms = true } = {}) => {
    const { name, revision, spec } = endpoint;
    const putInForce = (prepared: Prepared) => {
      // It was changed while it loaded.
      if ((routeOf(name)?.revision ?? 0) > revision) release(prepared);
      else commit(endpoint, prepared, epoch);
      return nothingArrives;
    };
    const held = anew ? null : prepareHeld(serving, routeOf(name), spec);
    if (held) return putInForce(held);
    const served = await prepareServed(spec).catch((error: unknown): Prepared => {
      logger.error({ error, endpoint: name }, "an endpoint does not load");
      return { spec, loaded: null, arms: [], missing: [], fallback: null, failure: explain(error) };
    });
    if (!served.loaded || spec.traffic.arms.length === 0) return putInForce(served);
    // What is in force already stays so until all of it is here.
    if (!anew)
      putInForce({ ...served, missing: spec.traffic.arms.map((arm) => toMissing(arm, "It is being loaded.")) });
    const route = routeOf(name);
    if (anew && !withArms && route?.revision === revision && route.loaded)
      return putInForce({ ...served, ...retainArms(route) });
    const bringArms = async () => {
      const { arms, missing } = await acquireArms(endpoint);
      const again = anew ? served : await prepareServed(spec).catch(() => null);
      if (again === null) release({ loaded: null, fallback: null, arms });
      else putInForce({ ...again, arms, missing });
    };
    return { arms: bringArms() };
  };
}
