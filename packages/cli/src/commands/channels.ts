import type { Channel, NewChannel } from "@slipway/contract";
import { argument, choiceOption, textOption, type Run } from "../context.ts";
import { exitCodes } from "../exit-codes.ts";
import { note, writeDone, writeList, writeOne } from "../output.ts";
import { readSource } from "../stdin.ts";
import type { Column } from "../table.ts";

const kinds = ["webhook", "slack", "pagerduty", "alertmanager", "email"] as const;

const columns: readonly Column<Channel>[] = [
  { title: "name", value: (channel) => channel.name },
  { title: "kind", value: (channel) => channel.kind },
  { title: "address", value: ({ address, to }) => (to.length === 0 ? address : to.join(", ")), flexible: true },
  { title: "severity", value: (channel) => channel.min_severity },
  { title: "endpoints", value: ({ endpoints }) => endpoints?.join(", ") ?? "all", flexible: true },
  { title: "pending", value: (channel) => channel.pending, align: "right" },
  { title: "failed", value: (channel) => channel.failed, align: "right" },
  { title: "error", value: (channel) => channel.last_error, flexible: true },
];

export const addChannel: Run = async (context, input) => {
  const given = textOption(input, "secret");
  const secret = given === "-" ? (await readSource("-")).trim() : given;
  const wanted = {
    name: argument(input, 0),
    kind: choiceOption(input, "kind", kinds) ?? "webhook",
    url: textOption(input, "address"),
    secret,
    to: list(textOption(input, "to")),
    from: textOption(input, "from"),
    min_severity: choiceOption(input, "minSeverity", ["warning", "critical"]),
    endpoints: list(textOption(input, "endpoints")),
  };
  const channel = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const added = await context.client().channels.add(channel as NewChannel);
  writeDone(context, added, `${added.name} is told of incidents from now on.`);
  note(context, `Try it: slipway channels test ${added.name}`);
};

function list(text: string | undefined): string[] | undefined {
  return text?.split(",").map((part) => part.trim());
}

export const listChannels: Run = async (context) => writeList(context, columns, context.client().channels.all());

export const testChannel: Run = async (context, input) => {
  const result = await context.client().channels.test(argument(input, 0));
  writeOne(context, result, [
    ["taken", result.success ? "yes" : "no"],
    ["status", result.status],
    ["answer", result.body],
    ["error", result.error],
  ]);
  return result.success ? exitCodes.ok : exitCodes.failed;
};

export const removeChannel: Run = async (context, input) => {
  const name = argument(input, 0);
  await context.client().channels.remove(name);
  writeDone(context, { name, removed: true }, `${name} is told nothing more.`);
};
