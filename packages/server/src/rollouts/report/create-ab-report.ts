import { errorTable, parseDuration, SlipwayError, type ErrorCode } from "@slipway/contract";
import type { Signature } from "@slipway/runtime";
import type { Clock } from "../../kernel/clock.ts";
import type { EndpointRevision, Endpoints, EndpointSpec } from "../../endpoints/index.ts";
import { isCallersError } from "../../kernel/is-callers-error.ts";
import type { PredictionLake } from "../../predictions/index.ts";
import type { AbQuestion } from "./ab-question.ts";
import type { AbReport } from "./ab-report.ts";
import type { AbTaskInput, AbTaskOutput, LossQuestion, OutputsQuestion } from "./ab-task-input.ts";
import { outputsFor, toLossPlan } from "./loss-plan.ts";
import { findSplit, type Split } from "./split.ts";
import { toAbReport } from "./to-ab-report.ts";

export interface AbReportDeps {
  readonly endpoints: Pick<Endpoints, "require" | "listRevisions">;
  readonly lake: Pick<PredictionLake, "flush" | "readViews">;
  /** Also of deleted versions; null where there never was one. */
  readonly findSignature: (model: string, version: number) => Promise<Signature | null>;
  readonly clock: Clock;
}

/**
 * How the arms of an endpoint's newest split do, units against units.
 * @throws SlipwayError `endpoint_not_found`, `precondition_failed` where there never was a split, `invalid_request` for times outside of it
 */
export type FindAbReport = (question: AbQuestion) => Promise<AbReport>;

const taskMs = 120_000;
const module = new URL(`./ab-report-task${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

const callersCodes = (Object.keys(errorTable) as ErrorCode[]).filter(isCallersError);

export function createAbReport({ endpoints, lake, findSignature, clock }: AbReportDeps): FindAbReport {
  return async (question) => {
    const { endpoint, signal } = question;
    const { spec } = await endpoints.require(endpoint);
    const split = await findSplit(listRevisions(endpoints, endpoint));
    if (split === null)
      throw new SlipwayError(
        "precondition_failed",
        `The traffic of ${endpoint} is not divided and never was, so there is nothing to compare. Divide it with "slipway traffic set", or release a version with the strategy ab.`,
        { endpoint },
      );
    const now = clock.now();
    const input = toInput({ question, split, spec, now });
    const answer = async (asked: unknown) => {
      const { outputsOf: version } = asked as Partial<OutputsQuestion>;
      if (version !== undefined) return outputsFor(await findSignature(split.model, version));
      const loss = asked as LossQuestion;
      return toLossPlan(loss, await findSignature(split.model, loss.version), positiveOf(spec));
    };
    await lake.flush();
    const views = { endpoint, since: input.from, until: input.to };
    const output = await lake.readViews<AbTaskOutput>(
      views,
      { module, input },
      { timeoutMs: taskMs, onAsk: answer, ...(signal === undefined ? {} : { signal }) },
    );
    return toAbReport({ question, split, input, output });
  };
}

async function* listRevisions(
  endpoints: AbReportDeps["endpoints"],
  endpoint: string,
): AsyncGenerator<EndpointRevision, void, undefined> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<Endpoints["listRevisions"]>> = await endpoints.listRevisions(endpoint, {
      limit: 100,
      cursor,
    });
    yield* page.items;
    cursor = page.next;
  } while (cursor !== null);
}

interface Asked {
  readonly question: AbQuestion;
  readonly split: Split;
  readonly spec: EndpointSpec;
  readonly now: number;
}

function toInput({ question, split, spec, now }: Asked): AbTaskInput {
  const { since, until, metrics } = question;
  const unit = question.unit ?? split.unit;
  // What arrived while a change was being made is told by its revision.
  const from = Math.max(since ?? 0, split.from - 60_000);
  const to = Math.min(until ?? now, split.to === null ? now : split.to + 60_000) + (until === null ? 1 : 0);
  if (from >= to)
    throw new SlipwayError(
      "invalid_request",
      `The traffic of ${question.endpoint} was divided from ${new Date(split.from).toISOString()} to ${split.to === null ? "now" : new Date(split.to).toISOString()}. Ask for a part of that time.`,
    );
  return {
    model: split.model,
    fromRevision: split.fromRevision,
    toRevision: split.toRevision,
    from,
    to,
    labelledTo: Math.min(to, now - horizonOf(spec)),
    arms: split.arms.map(({ arm, version }) => ({ arm, version })),
    unit,
    key: split.key,
    metrics:
      metrics.length === 0
        ? [
            { kind: "counter", name: "errors" },
            { kind: "fitting", name: "fitting" },
          ]
        : metrics,
    callersCodes,
  };
}

/** After which a label does not come any more: of younger predictions those that are known are no fair sample. */
function horizonOf({ monitor }: EndpointSpec): number {
  const horizon = typeof monitor === "object" ? monitor.labels?.horizon : undefined;
  return horizon === undefined ? 0 : parseDuration(horizon);
}

function positiveOf({ monitor }: EndpointSpec): string | null {
  const positive = typeof monitor === "object" ? monitor.labels?.positive : undefined;
  return positive === undefined ? null : String(positive);
}
