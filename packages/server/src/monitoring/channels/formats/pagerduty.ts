import type { ChannelSecrets } from "../channel.ts";
import { toLines, toSummary, type Notification } from "../notification.ts";
import { clip, jsonHeaders, toIso, type ChannelPost } from "./post.ts";

/** Of the Events API v2: https://developer.pagerduty.com/docs/send-alert-event. */
const mostSummary = 1_024;

const actions: Readonly<Record<Notification["type"], "trigger" | "acknowledge" | "resolve">> = {
  opened: "trigger",
  worsened: "trigger",
  reopened: "trigger",
  acknowledged: "acknowledge",
  resolved: "resolve",
  test: "trigger",
};

export function toPagerDuty(notification: Notification, { url, secret }: ChannelSecrets): ChannelPost {
  const { type, about, dedupKey, incident, at } = notification;
  const { watched, severity, evidence, next, id } = incident;
  const body = JSON.stringify({
    routing_key: secret,
    event_action: actions[type],
    dedup_key: dedupKey,
    client: "Slipway",
    payload: {
      summary: clip(toSummary(notification), mostSummary),
      source: watched.endpoint,
      severity,
      timestamp: toIso(at),
      component: `${watched.model}@${watched.version}`,
      group: watched.endpoint,
      class: about === undefined ? (evidence[0]?.monitor ?? "test") : `rollout.${about}`,
      custom_details: { [about === undefined ? "incident" : "rollout"]: id, next, evidence: toLines(notification) },
    },
  });
  return { url, headers: jsonHeaders, body };
}
