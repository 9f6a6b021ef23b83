import { encodeRoute, type RouteFields } from "@slipway/runtime";
import type { LoadedVersion } from "../serving/index.ts";
import { divide, listDecidingFields, type Assignment } from "./divide.ts";
import type { EndpointMetrics } from "./metrics.ts";
import type { Prepared } from "./prepared.ts";
import type { Answering, Route } from "./snapshot.ts";

interface Given extends Prepared {
  readonly name: string;
  readonly revision: number;
  readonly instance: string;
  readonly epoch: number;
  readonly metrics: EndpointMetrics;
}

/** What the hot path needs of a prepared state: all that does not change from request to request is made here. */
export function toRoute({ name: endpoint, instance, ...given }: Given): Route {
  const { spec, loaded, arms, revision, epoch } = given;
  const identity = { instance, epoch, endpoint, revision };
  const toLogFields = ({ arm, rule, propensity, ...to }: Pick<Assignment, "arm" | "rule" | "propensity" | "loaded">) =>
    createLogFields({ ...identity, arm, rule: rule ?? undefined, propensity }, to.loaded);
  const { key, fields, redact } = spec.log;
  return {
    ...given,
    endpoint,
    division: loaded && divide({ traffic: spec.traffic, served: loaded, arms, toLogFields }),
    stop: spec.stop,
    extraFields: new Set([
      ...fields,
      ...(key === null ? [] : [key]),
      ...listDecidingFields(spec.traffic),
      ...(spec.traffic.fields ?? []),
    ]),
    redact: new Set(redact),
    logFields: createLogFields(identity, loaded),
  };
}

type RouteIdentity = Omit<RouteFields, "model" | "version" | "digest">;

/** Encoded once for the version that serves; a pinned or a fallback version has its own block. */
function createLogFields(identity: RouteIdentity, serving: LoadedVersion | null) {
  const encode = (loaded: Answering | null) =>
    encodeRoute({
      ...identity,
      model: loaded?.version.model ?? null,
      version: loaded?.version.version ?? null,
      digest: loaded?.version.digest ?? null,
    });
  const ofServing = encode(serving);
  const others = new WeakMap<Answering["version"], Uint8Array>();
  return (answered: Answering | null): Uint8Array => {
    if (answered === serving || answered === null) return ofServing;
    const known = others.get(answered.version) ?? encode(answered);
    others.set(answered.version, known);
    return known;
  };
}
