import type { ManifestRollout, PlannedMetric, PlannedStep, RolloutPlan, RolloutStarted } from "@slipway/contract";
import type { RolloutStartOptions } from "@slipway/sdk";
import { requireVersionAddress } from "../addresses.ts";
import {
  argument,
  choiceOption,
  loadingTimeoutMs,
  textOption,
  type Context,
  type Input,
  type Run,
} from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { readManifest } from "../manifest.ts";
import { figureText } from "../monitor/figure-text.ts";
import { note, writeDone, writeJson, writeList } from "../output.ts";
import { stepTerms, versionsText } from "../rollout/texts.ts";
import { endText, watchRollout } from "../rollout/watch.ts";
import { writeTable } from "../rollout/write-table.ts";
import { renderFacts, type Column } from "../table.ts";
import { printable } from "../text.ts";
import { durationText } from "../time.ts";

const strategies = ["immediate", "shadow", "canary", "blue-green", "ab"] as const;

export const startRollout: Run = async (context, input) => {
  const { name, version: named } = requireVersionAddress(argument(input, 0));
  const endpoint = textOption(input, "endpoint") ?? name;
  const { rollouts, versions } = context.client();
  const options = { ...(await toOptions(context, input, [endpoint, name])), model: name };
  const version = typeof named === "number" ? named : (await versions.get(name, named)).version;
  if (input.options.dryRun === true) return writePlan(context, await rollouts.plan(endpoint, version, options));
  const rollout = await rollouts.start(endpoint, version, options);
  const steps = rollout.steps.map(stepTerms).join("; ") || "no steps";
  for (const each of rollout.notes) note(context, each);
  const isWatched = input.options.wait === true;
  if (!isWatched || context.settings.format === "table")
    writeDone(context, rollout, `The rollout of ${versionsText(rollout)} has begun (${rollout.strategy}: ${steps}).`);
  if (!isWatched) {
    note(context, `\nFollow it: slipway rollout status ${rollout.endpoint} --watch`);
    return;
  }
  const code = await watchRollout(context, rollout, { stay: input.options.stay === true, eventsToo: true });
  const last = await rollouts.get(rollout.id);
  if (!last.active) note(context, endText(last, context.now()));
  return code;
};

/** The section of a file, which is for the server to judge. @throws UsageError where the file is about something else */
async function readSection(file: string, names: readonly string[]): Promise<ManifestRollout> {
  const { name, rollout } = await readManifest(file);
  if (typeof name === "string" && !names.includes(name))
    throw new UsageError(`${file} is about ${name}, and this rollout is of ${[...new Set(names)].join(" or ")}.`);
  if (rollout === undefined) throw new UsageError(`${file} has no \`rollout:\` section.`);
  return rollout as ManifestRollout;
}

async function toOptions(context: Context, input: Input, names: readonly string[]): Promise<RolloutStartOptions> {
  const file = textOption(input, "file");
  return {
    ...(file !== undefined && { rollout: await readSection(file, names) }),
    supersede: input.options.supersede === true ? true : undefined,
    strategy: choiceOption(input, "strategy", strategies),
    allowBreaking: input.options.allowBreaking === true ? true : undefined,
    message: textOption(input, "message"),
    timeoutMs: loadingTimeoutMs(context),
  };
}

const stepColumns: readonly Column<PlannedStep>[] = [
  { title: "step", value: ({ summary }) => summary },
  { title: "takes", value: ({ takes_ms }) => takes_ms, text: ({ takes_ms }) => takesText(takes_ms) },
  { title: "because", value: ({ because }) => because },
];

const metricColumns: readonly Column<PlannedMetric>[] = [
  { title: "metric", value: ({ metric }) => metric },
  { title: "role", value: ({ role }) => role },
  { title: "alpha", value: ({ alpha }) => alpha, text: ({ alpha }) => figureText(alpha), align: "right" },
  {
    title: "requests",
    value: ({ requests }) => requests,
    text: ({ requests }) => figureText(requests),
    align: "right",
  },
  { title: "takes", value: ({ takes_ms }) => takes_ms, text: ({ takes_ms }) => takesText(takes_ms) },
  { title: "message", value: ({ message }) => message, flexible: true },
];

/** Steps and metrics in one CSV: what is of the other kind stays empty. */
interface Planned extends Partial<Omit<PlannedMetric, "share">>, Partial<Omit<PlannedStep, "kind">> {
  readonly of: "step" | "metric";
}

const toPlanned = ({ steps, metrics }: RolloutPlan): Planned[] => [
  ...steps.map(({ summary, share, takes_ms, because }) => ({ of: "step", summary, share, takes_ms, because }) as const),
  ...metrics.map((metric) => ({ ...metric, of: "metric", share: null }) as const),
];

const planColumns: readonly Column<Planned>[] = [
  { title: "of", value: ({ of }) => of },
  { title: "name", value: ({ summary, metric }) => summary ?? metric },
  { title: "role", value: ({ role }) => role },
  { title: "share", value: ({ share }) => share },
  { title: "alpha", value: ({ alpha }) => alpha },
  { title: "requests", value: ({ requests }) => requests },
  { title: "takes_ms", value: ({ takes_ms }) => takes_ms },
  { title: "because", value: ({ because }) => because },
  { title: "message", value: ({ message }) => message },
];

function takesText(ms: number | null): string {
  return ms === null ? "?" : ms === 0 ? "at once" : `~${durationText(ms)}`;
}

async function writePlan(context: Context, plan: RolloutPlan & Pick<RolloutStarted, "notes">): Promise<void> {
  const { format } = context.settings;
  if (format === "json") return writeJson(context, plan);
  if (format === "csv") return writeList(context, planColumns, toPlanned(plan));
  const { traffic, control, unit, steps } = plan;
  const isDivided = steps.some(
    ({ kind, share }) => kind === "traffic" && share !== null && share > 0 && share < 10_000,
  );
  const { stdout } = context;
  stdout.write(
    renderFacts([
      ["release", `${versionsText(plan)}, ${plan.strategy}`],
      ["endpoint", plan.endpoint],
      ["supersedes", plan.supersedes],
      [
        "traffic",
        traffic === null
          ? "none of late"
          : `${rateText(traffic.requests_per_second)}, ${rateText(traffic.rows_per_second, "rows")}`,
      ],
      [
        "divided",
        isDivided
          ? `by ${unit ?? "request"}, compared with ${control === "equal" ? "a control of the same size" : "all others"}`
          : null,
      ],
      ["gates", plan.gates.join(", ") || "none"],
      [
        "takes",
        `${takesText(plan.takes_ms)}, of at most ${durationText(plan.deadline_ms)}; then ${plan.finish === "promote" ? "it is promoted" : "it reports"}`,
      ],
    ]),
  );
  writeTable(context, stepColumns, plan.steps);
  writeTable(context, metricColumns, plan.metrics);
  for (const { message, command } of plan.advice) stdout.write(`\n${printable(message)}\n  ${printable(command)}\n`);
  for (const each of plan.notes) note(context, each);
  note(context, "\nNothing was begun: this was a dry run.");
}

function rateText(perSecond: number, what = "requests"): string {
  return perSecond >= 1 || perSecond === 0
    ? `${figureText(perSecond)} ${what} a second`
    : `${figureText(perSecond * 3600)} ${what} an hour`;
}
