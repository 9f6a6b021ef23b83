import type { Mail } from "../../../platform/mail/index.ts";
import type { ChannelSettings } from "../channel.ts";
import { toLines, toSummary, type Notification } from "../notification.ts";
import { clip, toIso } from "./post.ts";

const mostSubject = 200;

export function toMail(notification: Notification, { to, from }: ChannelSettings, id: string): Mail {
  const { incident, about } = notification;
  const { watched, openedAt, resolvedAt, title, next } = incident;
  const text = [
    title,
    "",
    ...toLines(notification).map((line) => `- ${line}`),
    "",
    `Endpoint: ${watched.endpoint}`,
    `Version:  ${watched.model}@${watched.version}`,
    `${about === undefined ? "Opened:  " : "At:      "} ${toIso(openedAt)}`,
    ...(resolvedAt === null || about !== undefined ? [] : [`Over:     ${toIso(resolvedAt)}`]),
    `${about === undefined ? "Incident:" : "Rollout: "} ${incident.id}`,
    "",
    `Next: ${next}`,
    "",
  ].join("\n");
  const host = (from ?? "").split("@")[1] ?? "slipway";
  return {
    from: from ?? "",
    to,
    subject: clip(toSummary(notification), mostSubject),
    text,
    messageId: `<${id}@${host}>`,
  };
}
