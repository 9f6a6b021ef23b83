import type { Clock } from "../../kernel/clock.ts";
import { toTraffic, type Explanation, type Rollout, type Rollouts } from "../../rollouts/index.ts";
import { head, line } from "./lines.ts";

const mostActive = 1000;

export interface RolloutMetricsDeps {
  readonly rollouts: Pick<Rollouts, "list" | "listLastEnded" | "explain">;
  readonly clock: Clock;
}

/** Rollouts that are under way with their evidence, and how the last of each endpoint ended. */
export async function renderRollouts({ rollouts, clock }: RolloutMetricsDeps): Promise<string> {
  const { items } = await rollouts.list({ active: true, limit: mostActive, cursor: null });
  const active = await Promise.all(items.map(({ id }) => rollouts.explain(id)));
  const ended = await rollouts.listLastEnded();
  const now = clock.now();
  const each = (value: (of: Explanation) => string) => active.map(value).join("");
  return [
    head("slipway_rollout_phase", "gauge", "1 for each rollout that has not ended, by its phase"),
    each(({ rollout }) => {
      const { strategy, status } = rollout;
      return line("slipway_rollout_phase", { ...labelsOf(rollout), strategy, phase: status.phase }, 1);
    }),
    head("slipway_rollout_step", "gauge", "The step that it is in, from 1; 0: before the first"),
    each(({ rollout }) => line("slipway_rollout_step", labelsOf(rollout), rollout.status.step + 1)),
    head("slipway_rollout_share", "gauge", "The candidate's part of the traffic"),
    each(({ rollout }) => line("slipway_rollout_share", labelsOf(rollout), shareOf(rollout))),
    head("slipway_rollout_held_seconds", "gauge", "How long it has stayed where it is, by why"),
    each(({ rollout }) => heldLine(rollout, now)),
    head("slipway_rollout_verdict", "gauge", "1 for what is known of a metric now"),
    each(({ rollout, sight }) => {
      const found = sight?.evidence ?? [];
      return found
        .map(({ metric, role, verdict }) =>
          line("slipway_rollout_verdict", { ...labelsOf(rollout), metric, role, verdict }, 1),
        )
        .join("");
    }),
    head("slipway_rollout_evidence", "gauge", "Evidence of harm: at 1 it is proven"),
    each(evidenceLines),
    head("slipway_rollout_mean", "gauge", "What an arm shows of a metric: a mean, or the rate of what is counted"),
    each(meanLines),
    head("slipway_rollout_ended_seconds", "gauge", "When the last rollout of an endpoint ended, Unix time, by how"),
    ended
      .map((rollout) => {
        const labels = { ...labelsOf(rollout), outcome: rollout.status.phase };
        return line("slipway_rollout_ended_seconds", labels, rollout.updatedAt / 1000);
      })
      .join(""),
  ].join("");
}

function labelsOf({ endpoint, to }: Rollout) {
  return { endpoint, version: String(to) };
}

function shareOf(rollout: Rollout): number {
  if (rollout.status.phase === "promoting") return 1;
  const { arms } = toTraffic(rollout, rollout.status).traffic;
  return (arms.find(({ name }) => name === "challenger")?.share ?? 0) / 10_000;
}

function heldLine(rollout: Rollout, now: number): string {
  const { held } = rollout.status;
  if (held === null) return "";
  const labels = { ...labelsOf(rollout), reason: held.reason };
  return line("slipway_rollout_held_seconds", labels, Math.max(0, now - held.since) / 1000);
}

function evidenceLines({ rollout, sight }: Explanation): string {
  return (sight?.evidence ?? [])
    .map(({ metric, role, eValue, alpha }) => {
      if (eValue === null || alpha === null) return "";
      const part = Math.log(Math.max(1, eValue)) / Math.log(1 / alpha);
      return line("slipway_rollout_evidence", { ...labelsOf(rollout), metric, role }, Math.min(1, part));
    })
    .join("");
}

function meanLines({ rollout, sight }: Explanation): string {
  return (sight?.evidence ?? [])
    .flatMap(({ metric, role, arms }) =>
      arms.map(({ arm, mean }) =>
        mean === null || !Number.isFinite(mean)
          ? ""
          : line("slipway_rollout_mean", { ...labelsOf(rollout), metric, role, arm }, mean),
      ),
    )
    .join("");
}
