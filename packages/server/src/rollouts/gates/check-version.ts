import { SlipwayError } from "@slipway/contract";
import { toParityDetails } from "@slipway/runtime";
import {
  checkCompatibility,
  checkTrainingAge,
  findModelSettings,
  toGated,
  type Endpoints,
} from "../../endpoints/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import { requireSameAnswers, toTrainedAt } from "../../packaging/index.ts";
import type { Serving } from "../../serving/index.ts";
import { addressOf, type Check, type Finding } from "./gate.ts";

/** `signature`: those who call what serves can go on with the candidate, or were given up by who began the rollout. */
export const checkSignature: Check = async ({ candidate, champion, endpoint, rollout }) => {
  const found = refusedBy("breaking_change", () => {
    const request = { version: toGated(candidate), serving: toGated(champion), spec: endpoint.spec };
    checkCompatibility({ ...request, allowBreaking: false });
    return {
      verdict: "pass",
      message: `Nothing in ${addressOf(candidate)} breaks callers of ${addressOf(champion)}.`,
      evidence: {},
    };
  });
  if (found.verdict !== "fail" || rollout.spec.allowBreaking !== true) return found;
  return {
    verdict: "pass",
    message: `Allowed by who began it (--allow-breaking): ${found.message}`,
    evidence: { ...found.evidence, allow_breaking: true },
  };
};

/** `training_age`: `serve.max_training_age`, as a deploy holds it. */
export function createTrainingAgeCheck(clock: Clock): Check {
  return async ({ candidate, endpoint: { spec } }) => {
    const limitMs = spec.serve.maxTrainingAgeMs;
    if (limitMs === undefined)
      return { verdict: "pass", message: "serve.max_training_age is not set, so no age is too old.", evidence: {} };
    return refusedBy("training_too_old", () => {
      checkTrainingAge({ version: toGated(candidate), spec, now: clock.now() });
      const trainedAt = new Date(toTrainedAt(candidate.modelSection)!).toISOString();
      return {
        verdict: "pass",
        message: `${addressOf(candidate)} was trained at ${trainedAt}, which is recent enough.`,
        evidence: { trained_at: trainedAt, limit_ms: limitMs },
      };
    });
  };
}

export interface ParityDeps {
  readonly serving: Serving;
  readonly endpoints: Pick<Endpoints, "snapshot">;
}

/** `parity`: its examples, answered anew in a copy of its own. */
export function createParityCheck({ serving, endpoints }: ParityDeps): Check {
  return async ({ candidate, signal }) => {
    const settings = findModelSettings(endpoints.snapshot(), candidate);
    const { parity } = await serving.proveVersion(candidate, { settings, signal });
    if (parity === null)
      return {
        verdict: "pass",
        message: `${addressOf(candidate)} has no examples that it could break: slipway.yaml names none as model.examples.`,
        evidence: { rows: 0 },
      };
    return refusedBy("parity_failed", () => {
      requireSameAnswers(parity, addressOf(candidate), candidate);
      const rows = `${parity.rows} example${parity.rows === 1 ? "" : "s"}`;
      return {
        verdict: "pass",
        message: `${addressOf(candidate)} answers its ${rows} within the tolerance.`,
        evidence: toParityDetails(parity),
      };
    });
  };
}

/** What a deploy would refuse is what the gate fails by. */
function refusedBy(code: "breaking_change" | "training_too_old" | "parity_failed", look: () => Finding): Finding {
  try {
    return look();
  } catch (error) {
    if (!SlipwayError.is(error) || error.code !== code) throw error;
    return { verdict: "fail", message: error.message, evidence: error.details };
  }
}
