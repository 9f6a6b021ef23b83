import type { ChannelSecrets } from "../channel.ts";
import { toLines, toSummary, type Notification } from "../notification.ts";
import { clip, jsonHeaders, type ChannelPost } from "./post.ts";

/** Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks. */
const mostHeader = 150;
const mostSection = 3_000;

/** For an incoming webhook of Slack, or of what understands its messages. */
export function toSlack(notification: Notification, { url }: ChannelSecrets): ChannelPost {
  const { incident } = notification;
  const summary = toSummary(notification);
  const lines = toLines(notification).map((line) => `• ${escape(line)}`);
  const sections = [
    `*${escape(incident.title)}*`,
    ...(lines.length > 0 ? [lines.join("\n")] : []),
    `Next: \`${escape(incident.next)}\``,
  ];
  const body = JSON.stringify({
    text: escape(summary),
    blocks: [
      { type: "header", text: { type: "plain_text", text: clip(summary, mostHeader) } },
      ...sections.map((text) => ({ type: "section", text: { type: "mrkdwn", text: clip(text, mostSection) } })),
    ],
  });
  return { url, headers: jsonHeaders, body };
}

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
