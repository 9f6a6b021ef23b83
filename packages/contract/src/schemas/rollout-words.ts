import { z } from "zod";

export const rolloutVerdicts = ["pass", "fail", "inconclusive", "no_data", "error"] as const;

export const evidenceRoles = ["guardrail", "signal", "limit", "observe", "goal", "srm", "gate"] as const;

/** The last five are ends. */
export const rolloutPhases = [
  "pending",
  "gating",
  "stepping",
  "promoting",
  "reporting",
  "rolling_back",
  "cancelling",
  "succeeded",
  "rolled_back",
  "cancelled",
  "rejected",
  "superseded",
] as const;

export const rolloutHeldReasons = [
  "hold",
  "bake",
  "min_samples",
  "min_labels",
  "prove",
  "approval",
  "freeze",
  "no_data",
  "signal",
  "srm",
  "metric_error",
  "inconclusive",
  "manual",
  "capacity",
  "deadline",
] as const;

export const share = z.int().min(0).max(10_000);
