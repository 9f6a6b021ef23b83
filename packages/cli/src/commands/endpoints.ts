import type { Endpoint, Revision, Rollout } from "@slipway/contract";
import { requireName, requireVersionAddress } from "../addresses.ts";
import { confirm } from "../confirm.ts";
import { argument, loadingTimeoutMs, textOption, type Run } from "../context.ts";
import { UsageError } from "../exit-codes.ts";
import { parseLimit, take } from "../limit.ts";
import { writeDone, writeList } from "../output.ts";
import { findRunning } from "../rollout/find-rollout.ts";
import { trackText, versionsText } from "../rollout/texts.ts";
import type { Column } from "../table.ts";
import { relativeTime } from "../time.ts";
import { targetText } from "./status.ts";

const endpointColumns: readonly Column<Endpoint>[] = [
  { title: "name", value: (item) => item.name },
  { title: "target", value: (item) => targetText(item.target) },
  { title: "state", value: (item) => item.state },
  { title: "revision", value: (item) => item.revision, align: "right" },
  { title: "placement", value: (item) => item.placement, text: placementText },
  {
    title: "updated_at",
    value: (item) => item.updated_at,
    text: (item, now) => relativeTime(item.updated_at, now),
  },
  { title: "remark", value: () => null, flexible: true },
];

const revisionColumns: readonly Column<Revision>[] = [
  { title: "revision", value: (item) => item.revision, align: "right" },
  {
    title: "created_at",
    value: (item) => item.created_at,
    text: (item, now) => relativeTime(item.created_at, now),
  },
  { title: "action", value: (item) => item.action },
  { title: "author", value: (item) => item.author },
  { title: "message", value: (item) => item.message, flexible: true },
  { title: "changes", value: (item) => item.changes, text: changesText, flexible: true },
];

/** "worker", or "process, 2 copies, 4 threads, cuda": only what is not as it comes. */
function placementText({ placement, serve }: Endpoint): string {
  if (placement === null) return "-";
  const copies = placement === "thread" || serve.replicas === 1 ? [] : [`${serve.replicas} copies`];
  const threads = (serve.threads ?? 1) === 1 ? [] : [`${serve.threads} threads`];
  const device = serve.device === "cpu" ? [] : [serve.device];
  return [placement, ...copies, ...threads, ...device].join(", ");
}

function changesText(revision: Revision): string {
  const side = (value: unknown): string => (value === undefined ? "-" : JSON.stringify(value));
  return revision.changes.map((change) => `${change.path}: ${side(change.from)} -> ${side(change.to)}`).join("; ");
}

export const endpoints: Run = async (context) => {
  const running = await findRunning(context);
  const columns = endpointColumns.map((column) =>
    column.title === "remark" ? { ...column, value: (item: Endpoint) => remarkOf(item, running) } : column,
  );
  await writeList(context, columns, context.client().endpoints.all({ limit: 200 }));
};

function remarkOf(endpoint: Endpoint, running: ReadonlyMap<string, Rollout>): string {
  const rollout = running.get(endpoint.name);
  const release = rollout === undefined ? [] : [`${versionsText(rollout)}: ${trackText(rollout)}.`];
  return [...release, endpoint.state_message, ...endpoint.warnings].filter(Boolean).join(" ");
}

export const history: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const limit = parseLimit(textOption(input, "limit") ?? "20");
  const all = context.client().endpoints.allRevisions(name, { limit: Math.min(limit, 200) });
  await writeList(context, revisionColumns, take(all, limit));
};

export const promote: Run = async (context, input) => {
  const { name, version: named } = requireVersionAddress(argument(input, 0));
  const client = context.client();
  let version = named;
  if (typeof version === "string") {
    const model = (await client.endpoints.get(name)).target?.model ?? name;
    version = (await client.versions.get(model, version)).version;
  }
  const message = textOption(input, "message");
  const allowBreaking = input.options.allowBreaking === true;
  const options = { message, allowBreaking, timeoutMs: loadingTimeoutMs(context) };
  const endpoint = await client.endpoints.promote(name, version, options);
  writeDone(context, endpoint, nowServes(endpoint));
};

export const rollback: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  const text = textOption(input, "to");
  if (text !== undefined && !/^\d{1,9}$/.test(text))
    throw new UsageError(`--to ${text}: give the number of a revision, as \`slipway history\` has it.`);
  const to = text === undefined ? undefined : Number(text);
  const message = textOption(input, "message");
  const timeoutMs = loadingTimeoutMs(context);
  const endpoint = await context.client().endpoints.rollback(name, { to, message, timeoutMs });
  writeDone(context, endpoint, nowServes(endpoint));
};

function nowServes({ name, target, revision, stop }: Endpoint): string {
  const served = target === null ? "has no traffic" : `serves ${targetText(target)}`;
  const stopped = stop === null ? "" : ` It is stopped, and answers again with \`slipway start ${name}\`.`;
  return `${name} now ${served} (revision ${revision}).${stopped}`;
}

export const undeploy: Run = async (context, input) => {
  const name = requireName(argument(input, 0));
  await confirm(context, `Take the endpoint ${name} out of service?`);
  await context.client().endpoints.remove(name);
  const done = { endpoint: name, undeployed: true };
  writeDone(context, done, `${name} is out of service; its versions and predictions stay.`);
};
