import type { Operation } from "@slipway/contract";
import { argument, textOption, type Run } from "../context.ts";
import { parseLimit, take } from "../limit.ts";
import { writeDone, writeList, writeOne } from "../output.ts";
import type { Column } from "../table.ts";
import { clockText, relativeTime } from "../time.ts";

const columns: readonly Column<Operation>[] = [
  { title: "id", value: (item) => item.id },
  { title: "kind", value: (item) => item.kind },
  { title: "subject", value: (item) => item.subject },
  { title: "state", value: (item) => item.state },
  { title: "stage", value: (item) => item.stage },
  {
    title: "created_at",
    value: (item) => item.created_at,
    text: (item, now) => relativeTime(item.created_at, now),
  },
  { title: "message", value: (item) => item.error?.message ?? item.message, flexible: true },
];

export const operations: Run = async (context, input) => {
  const client = context.client();
  const [id] = input.args;
  if (id === undefined) {
    const limit = parseLimit(textOption(input, "limit") ?? "20");
    const all = client.operations.all({ limit: Math.min(limit, 200) });
    return writeList(context, columns, take(all, limit));
  }
  const found = await client.operations.get(id);
  const now = context.now();
  writeOne(context, found, [
    ["operation", found.id],
    ["what", `${found.kind} ${found.subject}`],
    ["state", `${found.state} (${found.stage})`],
    ["done", found.fraction === null ? null : `${Math.floor(found.fraction * 100)} %`],
    ["message", found.message],
    ["error", found.error === null ? null : `${found.error.code}: ${found.error.message}`],
    ["result", found.result === null ? null : JSON.stringify(found.result)],
    ["created", `${relativeTime(found.created_at, now)} (${found.created_at})`],
    ["finished", found.finished_at === null ? null : relativeTime(found.finished_at, now)],
    ["log", found.log.map((line) => `${clockText(line.at)}  ${line.stage}  ${line.message}`).join("\n")],
  ]);
};

export const cancelOperation: Run = async (context, input) => {
  const operation = await context.client().operations.cancel(argument(input, 0));
  const still = operation.state === "running" || operation.state === "queued";
  const sentence = still
    ? `${operation.kind} ${operation.subject} is being cancelled.`
    : `${operation.kind} ${operation.subject}: ${operation.state}.`;
  writeDone(context, operation, sentence);
};
