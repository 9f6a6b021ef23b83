import type { RolloutEvent, RolloutEvidence, RolloutExplanation, RolloutGate } from "@slipway/contract";
import { argument, textOption, type Run } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseLimit } from "../limit.ts";
import { figureText } from "../monitor/figure-text.ts";
import { note, warn, writeJson, writeList } from "../output.ts";
import { eventColumns } from "../rollout/event-columns.ts";
import { findRollout } from "../rollout/find-rollout.ts";
import { phaseText, trackText, versionsText } from "../rollout/texts.ts";
import { writeTable } from "../rollout/write-table.ts";
import { renderFacts, type Column } from "../table.ts";
import { relativeTime } from "../time.ts";

const evidenceColumns: readonly Column<RolloutEvidence>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "role", value: ({ role }) => role },
  { title: "verdict", value: ({ verdict }) => verdict },
  { title: "evidence", value: ({ e_value }) => e_value, text: evidenceText, align: "right" },
  { title: "message", value: ({ message }) => message, flexible: true },
];

/** How near an e-value is to proof: 1 is proof. */
function evidenceText({ e_value, alpha }: RolloutEvidence): string {
  if (e_value === null || alpha === null) return "";
  const share = Math.log(Math.max(1, e_value)) / Math.log(1 / alpha);
  return `${Math.round(100 * Math.min(1, share))} %`;
}

const gateColumns: readonly Column<RolloutGate>[] = [
  { title: "gate", value: ({ gate }) => gate },
  { title: "verdict", value: ({ verdict }) => verdict },
  { title: "message", value: ({ message }) => message, flexible: true },
];

export const explainRollout: Run = async (context, input) => {
  const { id } = await findRollout(context, argument(input, 0));
  const explanation = await context.client().rollouts.explain(id);
  const { format } = context.settings;
  if (format === "json") return writeJson(context, explanation);
  if (format === "csv") return writeList(context, evidenceColumns, explanation.evidence);
  context.stdout.write(renderFacts(toFacts(explanation, context.now())));
  writeTable(context, gateColumns, explanation.gates ?? []);
  writeTable(context, evidenceColumns, explanation.evidence);
  if (explanation.commands.length > 0) note(context, `\n${explanation.commands.join("\n")}`);
};

function toFacts(explanation: RolloutExplanation, now: number) {
  const { rollout, stands, needs, earliest_at, next, trouble, samples, labels, observed_at } = explanation;
  return [
    ["rollout", rollout.id],
    ["release", `${versionsText(rollout)}, ${rollout.strategy}`],
    ["phase", phaseText(rollout, now)],
    ["steps", trackText(rollout)],
    ["stands", stands],
    ["trouble", trouble],
    ["needs", needs.map(({ met, message, present }) => `${met ? "✓" : "·"} ${message} (${present})`).join("\n")],
    ["next", next.message],
    ["at the earliest", earliest_at !== null && Date.parse(earliest_at) > now ? relativeTime(earliest_at, now) : null],
    ["seen", rollout.step < 0 ? null : `${figureText(samples)} rows, ${figureText(labels)} labels in this step`],
    ["looked at", observed_at && relativeTime(observed_at, now)],
  ] as const;
}

export const rolloutEvents: Run = async (context, input) => {
  const { id } = await findRollout(context, argument(input, 0));
  const limit = parseLimit(textOption(input, "limit") ?? "all");
  const { rollouts } = context.client();
  const events: RolloutEvent[] = [];
  let [cursor, isIntact]: [string | undefined, boolean | null] = [undefined, null];
  do {
    const page = await rollouts.events(id, { limit: 200, cursor });
    events.push(...page.items);
    isIntact = page.intact;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined && events.length < limit);
  await writeList(context, eventColumns, events.slice(0, limit));
  if (isIntact === false) {
    warn(context, "the chain of hashes is broken: an event of this rollout was changed after it was written.");
    return exitCodes.failed;
  }
  if (context.settings.format === "table" && isIntact === true) note(context, "\nThe chain of hashes holds.");
  return exitCodes.ok;
};
