import { createHmac } from "node:crypto";
import type { ChannelSecrets } from "../channel.ts";
import type { Notification } from "../notification.ts";
import { agent, toIso, type ChannelPost } from "./post.ts";

export interface Envelope {
  /** Of the delivery: the same at each attempt. */
  readonly id: string;
  /** Of the attempt, ms: a receiver may refuse old ones. */
  readonly at: number;
}

/**
 * CloudEvents 1.0 in structured mode (https://github.com/cloudevents/spec), signed as Standard Webhooks are
 * (https://www.standardwebhooks.com): HMAC-SHA256 over `ID.SECONDS.BODY`.
 */
export function toCloudEvent(
  notification: Notification,
  { url, secret }: ChannelSecrets,
  { id, at }: Envelope,
): ChannelPost {
  const { type, about, incident, dedupKey } = notification;
  const { watched, openedAt, resolvedAt, severityBefore, evidence, ...rest } = incident;
  const body = JSON.stringify({
    specversion: "1.0",
    id,
    source: `/api/v1/endpoints/${encodeURIComponent(watched.endpoint)}`,
    type: about === undefined ? `dev.slipway.incident.${type}` : `dev.slipway.rollout.${about}`,
    subject: `${watched.endpoint}@${watched.version}`,
    time: toIso(notification.at),
    datacontenttype: "application/json",
    data: {
      ...watched,
      ...rest,
      severity_before: severityBefore,
      opened_at: toIso(openedAt),
      resolved_at: resolvedAt === null ? null : toIso(resolvedAt),
      dedup_key: dedupKey,
      evidence,
    },
  });
  const headers = { "content-type": "application/cloudevents+json; charset=utf-8", "user-agent": agent };
  return { url, body, headers: secret === null ? headers : { ...headers, ...sign(body, secret, { id, at }) } };
}

function sign(body: string, secret: string, { id, at }: Envelope): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}

/** `whsec_` and base64, as Standard Webhooks writes keys; any other text stands for its bytes. */
function keyOf(secret: string): Buffer {
  return secret.startsWith("whsec_") ? Buffer.from(secret.slice("whsec_".length), "base64") : Buffer.from(secret);
}
