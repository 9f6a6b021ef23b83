import { SlipwayError } from "@slipway/contract";
import type { Logger } from "../kernel/logger.ts";
import type { Registry } from "../registry/index.ts";
import type { LoadedVersion, Serving } from "../serving/index.ts";
import type { LoadedArm } from "./divide.ts";
import { toLoadSettings, type Arm, type Endpoint, type EndpointSpec } from "./endpoint.ts";
import type { Prepared } from "./prepared.ts";
import { prepareFallback } from "./prepare-fallback.ts";
import type { MissingArm } from "./snapshot.ts";

/** Brings into memory what states of endpoints need. */
export interface Preparing {
  /** All of it, or nothing. @throws what loading throws */
  prepare(spec: EndpointSpec): Promise<Prepared>;
  /** The target and the fallback. @throws what loading throws */
  prepareServed(spec: EndpointSpec): Promise<Prepared>;
  /** The arms as far as they load. */
  acquireArms(endpoint: Endpoint): Promise<Pick<Prepared, "arms" | "missing">>;
  release(held: Pick<Prepared, "loaded" | "fallback" | "arms">): void;
}

export function createPreparing(deps: {
  readonly registry: Registry;
  readonly serving: Serving;
  readonly logger: Logger;
}): Preparing {
  async function acquireArm({ target, serve }: EndpointSpec, { version }: Arm): Promise<LoadedVersion> {
    return deps.serving.acquire(await deps.registry.requireVersion(target!.model, version), toLoadSettings(serve));
  }

  /** All of the arms, or none of them. */
  async function prepareArms(spec: EndpointSpec): Promise<readonly LoadedArm[]> {
    const loads = spec.traffic.arms.map(async (arm) => ({ arm, loaded: await acquireArm(spec, arm) }));
    const settled = await Promise.allSettled(loads);
    const arms = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    const failed = settled.find((each) => each.status === "rejected");
    if (failed === undefined) return arms;
    release({ loaded: null, fallback: null, arms });
    throw failed.reason;
  }

  async function prepareServed(spec: EndpointSpec): Promise<Prepared> {
    const nothing = { spec, loaded: null, arms: [], missing: [], fallback: null, failure: null };
    if (!spec.target) return nothing;
    const version = await deps.registry.requireVersion(spec.target.model, spec.target.version);
    if (spec.stop !== null) return { ...nothing, fallback: await prepareFallback(deps, spec, version) };
    const loaded = await deps.serving.acquire(version, toLoadSettings(spec.serve));
    return { ...nothing, loaded, fallback: await prepareFallback(deps, spec, version) };
  }

  async function prepare(spec: EndpointSpec): Promise<Prepared> {
    const served = await prepareServed(spec);
    if (!served.loaded) return served;
    const arms = await prepareArms(spec).catch((error: unknown) => {
      release(served);
      throw error;
    });
    return { ...served, arms };
  }

  function release({ loaded, fallback, arms }: Pick<Prepared, "loaded" | "fallback" | "arms">) {
    const onError = (error: unknown) => deps.logger.error({ error }, "unloading a version failed");
    const free = (held: LoadedVersion) => void deps.serving.release(held).catch(onError);
    if (loaded) free(loaded);
    if (fallback?.kind === "version") free(fallback.loaded);
    for (const arm of arms) free(arm.loaded);
  }

  async function acquireArms({ name, spec }: Endpoint): Promise<Pick<Prepared, "arms" | "missing">> {
    const arms: LoadedArm[] = [];
    const missing: MissingArm[] = [];
    const acquire = async (arm: Arm) => {
      try {
        arms.push({ arm, loaded: await acquireArm(spec, arm) });
      } catch (error) {
        deps.logger.error({ error, endpoint: name, arm: arm.name }, "an arm does not load");
        missing.push(toMissing(arm, explain(error)));
      }
    };
    await Promise.all(spec.traffic.arms.map(acquire));
    return { arms, missing };
  }

  return { prepare, prepareServed, acquireArms, release };
}

export function explain(error: unknown): string {
  return SlipwayError.is(error) ? error.message : "The version does not load; the server's log says why.";
}

export function toMissing({ name, version }: Arm, failure: string): MissingArm {
  return { name, version, failure };
}

/** The same versions for a state that needs no others. */
export function adapt(prepared: Prepared, spec: EndpointSpec): Prepared {
  return { ...prepared, spec, arms: toArms(prepared, spec) };
}

function toArms({ arms }: Prepared, { traffic }: EndpointSpec): readonly LoadedArm[] {
  return traffic.arms.flatMap((arm) => {
    const found = arms.find(({ loaded }) => loaded.version.version === arm.version);
    return found ? [{ arm, loaded: found.loaded }] : [];
  });
}
