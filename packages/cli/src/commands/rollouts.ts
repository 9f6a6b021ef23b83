import type { Rollout, RolloutCommandKind } from "@slipway/contract";
import { requireName } from "../addresses.ts";
import { confirm } from "../confirm.ts";
import { argument, textOption, type Context, type Run } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { parseLimit, take } from "../limit.ts";
import { note, writeDone, writeList, writeOne } from "../output.ts";
import { findRollout } from "../rollout/find-rollout.ts";
import { endCode, waitsForPerson } from "../rollout/exit-code.ts";
import { phaseText, rolloutFacts, stepText, versionsText } from "../rollout/texts.ts";
import { watchRollout } from "../rollout/watch.ts";
import type { Column } from "../table.ts";
import { relativeTime } from "../time.ts";

const columns: readonly Column<Rollout>[] = [
  { title: "id", value: ({ id }) => id },
  { title: "created_at", value: (item) => item.created_at, text: (item, now) => relativeTime(item.created_at, now) },
  { title: "endpoint", value: ({ endpoint }) => endpoint },
  { title: "release", value: versionsText },
  { title: "strategy", value: ({ strategy }) => strategy },
  { title: "phase", value: ({ phase }) => phase, text: phaseText },
  {
    title: "step",
    value: ({ step }) => step,
    text: ({ steps, step }) => (steps[step] === undefined ? "" : stepText(steps[step])),
  },
  { title: "reason", value: ({ reason, held }) => reason ?? held?.message, flexible: true },
];

export const listRollouts: Run = async (context, input) => {
  const [name] = input.args;
  const limit = parseLimit(textOption(input, "limit") ?? "20");
  const found = context.client().rollouts.all({
    endpoint: name === undefined ? undefined : requireName(name),
    state: input.options.active === true ? "active" : undefined,
    limit: Math.min(limit, 200),
  });
  await writeList(context, columns, take(found, limit));
};

export const rolloutStatus: Run = async (context, input) => {
  const found = await findRollout(context, argument(input, 0));
  const isTable = context.settings.format === "table";
  const isWatched = input.options.watch === true;
  // Watched by a program, it tells its events.
  if (!isWatched || isTable) writeStatus(context, found);
  if (!isWatched) return;
  const ended = endCode(found);
  if (ended !== null && isTable) return ended;
  if (isTable) context.stdout.write("\n");
  const code = await watchRollout(context, found, { stay: input.options.stay === true, eventsToo: !isTable });
  if (isTable && code !== exitCodes.waiting) {
    context.stdout.write("\n");
    writeStatus(context, await context.client().rollouts.get(found.id));
  }
  return code;
};

function writeStatus(context: Context, rollout: Rollout): void {
  writeOne(context, rollout, rolloutFacts(rollout, context.now()));
  if (context.settings.format !== "table") return;
  if (endCode(rollout) === null) note(context, `\nWhat it waits for: slipway rollout explain ${rollout.endpoint}`);
}

const done: Readonly<Record<RolloutCommandKind, (rollout: Rollout) => string>> = {
  pause: () => "is paused: no more traffic until it is resumed; it is still rolled back where harm is proven.",
  resume: () => "goes on.",
  approve: () => "is approved.",
  "skip-step": () => "goes on to the next step.",
  promote: ({ model, to }) => `is promoted: ${model}@${to} gets all traffic.`,
  abort: ({ from }) => `is aborted: all traffic goes to @${from}.`,
};

function command(kind: RolloutCommandKind): Run {
  return async (context, input) => {
    const found = await findRollout(context, argument(input, 0));
    if (kind === "promote" && found.active)
      await confirm(
        context,
        `Send all traffic of ${found.endpoint} to ${found.model}@${found.to} now, without the remaining steps?`,
      );
    const rollout = await context.client().rollouts.command(found.id, kind, { message: textOption(input, "message") });
    writeDone(context, rollout, `The rollout of ${versionsText(rollout)} ${done[kind](rollout)}`);
    if (kind === "approve" && waitsForPerson(rollout)) note(context, rollout.held?.message ?? "");
  };
}

export const pauseRollout = command("pause");
export const resumeRollout = command("resume");
export const approveRollout = command("approve");
export const skipStep = command("skip-step");
export const promoteRollout = command("promote");
export const abortRollout = command("abort");
