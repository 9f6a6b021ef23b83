import type { ChannelSecrets } from "../channel.ts";
import { toLines, type Notification } from "../notification.ts";
import { jsonHeaders, toIso, type ChannelPost } from "./post.ts";

/** Without an end an alert ends after `resolve_timeout`; this one ends when it is told. */
const lastingMs = 366 * 86_400_000;
/** What happened to a rollout is over as soon as it is known. */
const newsLastMs = 3_600_000;

/** For `POST /api/v2/alerts` of Alertmanager 0.25 and later; `url` is where it is, with its prefix. */
export function toAlertmanager(notification: Notification, { url, secret }: ChannelSecrets): ChannelPost {
  const { type, about, incident, at } = notification;
  const { severity, severityBefore } = incident;
  const isOver = type === "resolved";
  // The severity is a label, by which alerts are routed; so another severity is another alert, and the one before is over.
  const before = severityBefore === null ? [] : [toAlert(notification, severityBefore, at)];
  const now = toAlert(notification, severity, isOver ? at : at + (about === undefined ? lastingMs : newsLastMs));
  const authorization = secret === null ? {} : { authorization: `Bearer ${secret}` };
  return {
    url: `${url.replace(/\/$/, "")}/api/v2/alerts`,
    headers: { ...jsonHeaders, ...authorization },
    body: JSON.stringify([now, ...before]),
  };
}

function toAlert(notification: Notification, severity: string, endsAt: number) {
  const { incident, about, type } = notification;
  const { watched, title, openedAt, next, id } = incident;
  return {
    labels: {
      alertname: type === "test" ? "SlipwayTest" : about === undefined ? "SlipwayIncident" : "SlipwayRollout",
      ...(about !== undefined && { rollout: id }),
      endpoint: watched.endpoint,
      model: watched.model,
      version: String(watched.version),
      severity,
    },
    annotations: {
      summary: title,
      description: toLines(notification).join("\n"),
      next,
      [about === undefined ? "incident" : "rollout"]: id,
    },
    startsAt: toIso(Math.min(openedAt, endsAt)),
    endsAt: toIso(endsAt),
  };
}
