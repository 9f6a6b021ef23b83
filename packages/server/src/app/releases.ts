import type { Offset } from "@slipway/runtime/log";
import { createCheckStart, type Compare, type FindAbReport, type Gates, type Rollouts } from "../rollouts/index.ts";
import { openAbReport, type AbReportGiven } from "./ab-report.ts";
import { listReaders, openEvidence, type EvidenceGiven } from "./evidence.ts";
import { openGates, type GatesGiven } from "./gates.ts";
import { createRolloutNews } from "./rollout-news.ts";
import { openRollouts, type RolloutsGiven } from "./rollouts.ts";

export interface Releases {
  readonly compare: Compare;
  readonly gates: Gates;
  readonly rollouts: Rollouts;
  readonly findAbReport: FindAbReport;
}

export interface OpenReleases extends Releases {
  /** How far others than the lake have read the log. */
  readonly otherReaders: () => Promise<readonly ReadonlyMap<string, Offset>[]>;
}

type Made = "checkStart" | "gates" | "evidence" | "notify";
export type ReleasesGiven = GatesGiven & EvidenceGiven & AbReportGiven & Omit<RolloutsGiven, Made>;

/** What compares versions, and what releases them. */
export async function openReleases(given: ReleasesGiven): Promise<OpenReleases> {
  const { monitoring } = given;
  const { compare, gates } = openGates(given);
  const evidence = openEvidence(given);
  const notify = createRolloutNews(given);
  const checkStart = createCheckStart({ ...given, allowPrivate: given.config.webhookPrivate });
  const rollouts = await openRollouts({ ...given, checkStart, gates, evidence, notify });
  return {
    compare,
    gates,
    rollouts,
    findAbReport: openAbReport(given),
    otherReaders: () => listReaders(monitoring, evidence),
  };
}
