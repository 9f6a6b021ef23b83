import type { Endpoint, TrafficView } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { argument, loadingTimeoutMs, textOption, type Run } from "../context.ts";
import { note, warn, writeDone, writeList, writeOne } from "../output.ts";
import type { Column } from "../table.ts";
import { parseRules, parseShadows, parseSplit } from "../traffic.ts";
import { UsageError } from "../exit-codes.ts";
import { targetText } from "./status.ts";

type ArmView = TrafficView["arms"][number];

const columns: readonly Column<ArmView>[] = [
  { title: "arm", value: (item) => item.name },
  { title: "version", value: (item) => item.version, align: "right" },
  { title: "share", value: (item) => item.share / 10_000, text: (item) => percentText(item.share), align: "right" },
  { title: "state", value: (item) => item.state },
  { title: "remark", value: (item) => item.message ?? "", flexible: true },
];

/** "10 %" of ten-thousandths. */
function percentText(share: number): string {
  return `${share / 100} %`;
}

function ruleText({ name, header, field, values, arm }: TrafficView["rules"][number]): string {
  return `${name}: ${header === null ? field : `header ${header}`} is ${values.join(" or ")} -> ${arm}`;
}

function shadowText({ version, share, state, message, ...counts }: TrafficView["shadows"][number]): string {
  const dropped = Object.entries(counts.dropped).filter(([, count]) => count > 0);
  const lost = dropped.reduce((sum, [, count]) => sum + count, 0);
  const why = dropped.map(([reason, count]) => `${count} ${reason}`).join(", ");
  return [
    `version ${version}: ${percentText(share)}, ${state}`,
    ...(message === null ? [] : [` (${message})`]),
    `; ${counts.answered} answered, ${counts.failed} failed, ${lost} dropped`,
    ...(lost === 0 ? [] : [` (${why})`]),
  ].join("");
}

export const trafficShow: Run = async (context, input) => {
  const view = await context.client().endpoints.traffic(requireName(argument(input, 0)));
  const { format } = context.settings;
  if (format === "json") return writeOne(context, view, []);
  if (format === "table")
    writeOne(context, view, [
      ["endpoint", `${view.endpoint}, revision ${view.revision}`],
      ["stopped", view.stop === null ? null : stopText(view.stop)],
      ["unit", view.arms.length > 1 ? (view.unit ?? "each request by itself") : null],
      ["rules", view.rules.map(ruleText).join("\n") || null],
      ["shadows", view.shadows.map(shadowText).join("\n") || null],
    ]);
  await writeList(context, columns, view.arms);
};

function stopText(stop: NonNullable<TrafficView["stop"]>): string {
  return stop === "fallback" ? "only the fallback answers" : "nothing answers";
}

const dividing = ["unit", "rule", "control", "shadow"] as const;

/** Options that say how traffic is divided. */
const ofDivided = ["unit", "rule", "shadow", "control", "allowBreaking"] as const;
const toFlag = (option: string) => option.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);

export const trafficSet: Run = async (context, input) => {
  const texts = [argument(input, 0), ...input.rest];
  const client = context.client();
  const options = { message: textOption(input, "message"), timeoutMs: loadingTimeoutMs(context) };
  if (input.options.clear === true) {
    const name = requireName(texts[0]!);
    if (texts.length > 1) throw new UsageError("--clear takes the name of one endpoint.");
    const besides = ofDivided.find((option) => input.options[option] !== undefined);
    if (besides !== undefined)
      throw new UsageError(`--clear leaves nothing to divide: --${toFlag(besides)} has no place beside it.`);
    const other = dividing.find((option) => input.options[option] !== undefined && input.options[option] !== false);
    if (other !== undefined)
      throw new UsageError(`--clear undivides the traffic, and --${other} says how to divide it. Leave one out.`);
    const view = await client.endpoints.setTraffic(name, { arms: [] }, options);
    return writeDone(
      context,
      view,
      `All traffic of ${name} goes to version ${view.arms[0]?.version} (revision ${view.revision}).`,
    );
  }
  const { name, arms } = parseSplit(texts);
  const unit = textOption(input, "unit");
  const rules = textOption(input, "rule");
  const shadows = textOption(input, "shadow");
  const traffic = {
    arms,
    ...(unit === undefined ? {} : { unit }),
    ...(rules === undefined ? {} : { rules: parseRules(rules) }),
    ...(shadows === undefined ? {} : { shadows: parseShadows(shadows) }),
    ...(input.options.control === true && { control: true }),
    allow_breaking: input.options.allowBreaking === true,
  };
  const view = await client.endpoints.setTraffic(name, traffic, options);
  const shares = view.arms.map((arm) => `${arm.name} (version ${arm.version}) ${percentText(arm.share)}`).join(", ");
  writeDone(context, view, `${name}: ${shares} (revision ${view.revision}).`);
  for (const each of view.notes) note(context, each);
  if (view.stop !== null) warn(context, `${name} is stopped; \`slipway start ${name}\` lets its versions answer.`);
};

export const stop: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const fallback = input.options.fallback === true;
  const options = { fallback, message: textOption(input, "message") };
  const endpoint = await context.client().endpoints.stop(name, options);
  const what = fallback ? "only its fallback answers" : "it refuses every request";
  writeDone(context, endpoint, `${name} is stopped: ${what} (revision ${endpoint.revision}).`);
  note(context, `\`slipway start ${name}\` takes that back.`);
};

export const start: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const options = { message: textOption(input, "message"), timeoutMs: loadingTimeoutMs(context) };
  const endpoint = await context.client().endpoints.start(name, options);
  writeDone(context, endpoint, startedText(endpoint));
};

function startedText({ name, target, revision }: Endpoint): string {
  return `${name} ${target === null ? "has no traffic" : `serves ${targetText(target)}`} (revision ${revision}).`;
}
