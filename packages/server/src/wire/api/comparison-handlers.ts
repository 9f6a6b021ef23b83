import type * as wire from "@slipway/contract";
import { parseAddress, SlipwayError, type ComparisonRequest } from "@slipway/contract";
import type { Clock } from "../../kernel/clock.ts";
import type { Registry } from "../../registry/index.ts";
import { oneLine, type Compare, type Gates, type KeptGate, type NewCompare } from "../../rollouts/index.ts";
import { toPageQuery } from "./model-handlers.ts";
import type { Handlers } from "./register.ts";
import { parseSince } from "./since.ts";
import { toOperationView, toPageView, toTimestamp } from "./views.ts";

export interface ComparisonDeps {
  readonly compare: Compare;
  readonly gates: Pick<Gates, "listOfVersion">;
  readonly registry: Registry;
  readonly clock: Clock;
}

export function createComparisonHandlers(deps: ComparisonDeps): Pick<Handlers, "createComparison" | "listGates"> {
  const { compare, gates, registry, clock } = deps;
  return {
    createComparison: async ({ body }) => {
      const request = body as ComparisonRequest;
      const { a, b, limit, slices = null, min_rows: minRows, absolute, relative, alpha } = request;
      const on = toOn(request, clock.now());
      return toOperationView(
        await compare({ a, b, on, limit, slices, minRows, tolerance: { absolute, relative }, alpha }),
      );
    },
    listGates: async ({ params, query }) => {
      const version = await registry.resolve(parseAddress(`${params["model"]}@${params["version"]}`));
      return toPageView(await gates.listOfVersion(version, toPageQuery(query)), toKeptView);
    },
  };
}

function toKeptView(kept: KeptGate): wire.KeptGate {
  const { gate, verdict, message, evidence, rollout, endpoint, comparedWith, finishedAt } = kept;
  return {
    gate,
    verdict,
    message: oneLine(message),
    evidence: { ...evidence },
    rollout,
    endpoint,
    compared_with: comparedWith,
    finished_at: toTimestamp(finishedAt),
  };
}

function toOn({ file, label, endpoint, since, until }: ComparisonRequest, now: number): NewCompare["on"] {
  if (file !== undefined) {
    if (endpoint !== undefined || since !== undefined || until !== undefined)
      throw new SlipwayError("invalid_request", "endpoint, since and until are about requests on record, not a file.");
    return { kind: "file", sha256: file.sha256, name: file.name, label: label ?? null };
  }
  if (label !== undefined)
    throw new SlipwayError(
      "invalid_request",
      "label is about a file: labels of requests on record are attached to them.",
    );
  const time = (text: string | undefined) => (text === undefined ? null : parseSince(text, now));
  return { kind: "logged", endpoint: endpoint ?? null, since: time(since), until: time(until) };
}
