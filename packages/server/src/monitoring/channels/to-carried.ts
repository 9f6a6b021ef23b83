import type { Address, Carrier } from "../../platform/outbox/index.ts";
import { sendMail } from "../../platform/mail/index.ts";
import type { Channel, ChannelKind, ChannelSecrets } from "./channel.ts";
import { toAlertmanager } from "./formats/alertmanager.ts";
import { toCloudEvent, type Envelope } from "./formats/cloud-event.ts";
import { toMail } from "./formats/mail.ts";
import { toPagerDuty } from "./formats/pagerduty.ts";
import type { ChannelPost } from "./formats/post.ts";
import { toSlack } from "./formats/slack.ts";
import type { Notification } from "./notification.ts";

export interface Carried {
  readonly channel: Channel;
  readonly secrets: ChannelSecrets;
  readonly notification: Notification;
  readonly allowPrivate: boolean;
}

type ToPost = (notification: Notification, secrets: ChannelSecrets, envelope: Envelope) => ChannelPost;

const formats: Readonly<Record<Exclude<ChannelKind, "email">, ToPost>> = {
  webhook: toCloudEvent,
  slack: toSlack,
  pagerduty: toPagerDuty,
  alertmanager: toAlertmanager,
};

/** What is told in the form of the channel that it goes to. */
export function toCarried(carried: Carried, envelope: Envelope): Address | Carrier {
  const { channel, secrets, notification } = carried;
  if (channel.kind === "email") return toMailCarrier(carried, envelope);
  const { url, headers, body } = formats[channel.kind](notification, secrets, envelope);
  return { url: new URL(url), headers, body };
}

function toMailCarrier({ channel, secrets, notification, allowPrivate }: Carried, { id }: Envelope): Carrier {
  const url = new URL(secrets.url);
  const user = url.username === "" ? null : decodeURIComponent(url.username);
  const password = secrets.secret ?? decodeURIComponent(url.password);
  const server = { url, user, password, requireTls: !allowPrivate, allowPrivate };
  return { carry: (signal) => sendMail(toMail(notification, channel.settings, id), server, signal) };
}
