import type { Clock } from "../kernel/clock.ts";
import type { ModelVersion, Registry } from "../registry/index.ts";
import type { Endpoint, EndpointSpec } from "./endpoint.ts";
import { checkGates, type GatedVersion } from "./gates.ts";

interface Passage {
  readonly before: Endpoint | null;
  readonly spec: EndpointSpec;
  readonly version: GatedVersion;
  readonly allowBreaking: boolean;
}

/** Holds a version that is about to get an endpoint's traffic against what serves there and what the endpoint asks for. */
export interface Gatekeeper {
  /** @throws SlipwayError `breaking_change`, `training_too_old`, `precondition_failed` */
  check(passage: Passage): Promise<void>;
}

export function createGatekeeper({
  registry,
  clock,
}: {
  readonly registry: Registry;
  readonly clock: Clock;
}): Gatekeeper {
  return {
    async check({ before, ...passage }) {
      const target = before?.spec.target ?? null;
      const serving = target && (await registry.findVersion(target.model, target.version));
      checkGates({ ...passage, serving: serving && toGated(serving), now: clock.now() });
    },
  };
}

export function toGated({ model, version, signature, modelSection, report }: ModelVersion): GatedVersion {
  return { what: `${model}@${version}`, signature, modelSection, report };
}
