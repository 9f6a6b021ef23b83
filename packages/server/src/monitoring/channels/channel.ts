import { SlipwayError } from "@slipway/contract";
import type { Severity } from "../finding.ts";

export type ChannelKind = "webhook" | "slack" | "pagerduty" | "alertmanager" | "email";

/** Whom to tell of incidents. What is secret of it is not shown: keys, passwords, addresses that are keys. */
export interface Channel {
  readonly id: string;
  readonly name: string;
  readonly kind: ChannelKind;
  /** Where it goes, as far as that is no secret. */
  readonly address: string;
  readonly settings: ChannelSettings;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

export interface ChannelSettings {
  /** Incidents below it are not told. */
  readonly minSeverity: Exclude<Severity, "info">;
  /** Null: all. */
  readonly endpoints: readonly string[] | null;
  /** Of mail. */
  readonly to: readonly string[];
  readonly from: string | null;
}

export interface ChannelOrder {
  readonly name: string;
  readonly kind: ChannelKind;
  /** Left out for PagerDuty: its own. */
  readonly url?: string | undefined;
  /** What webhooks are signed with, the routing key of PagerDuty, the password of mail, the bearer token of Alertmanager. */
  readonly secret?: string | undefined;
  readonly to?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly minSeverity?: ChannelSettings["minSeverity"] | undefined;
  readonly endpoints?: readonly string[] | undefined;
}

/** What is sealed of a channel. */
export interface ChannelSecrets {
  readonly url: string;
  readonly secret: string | null;
}

export interface CheckedChannel extends Omit<Channel, "id" | "createdAt"> {
  readonly secrets: ChannelSecrets;
}

const namePattern = /^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$/;
const mailPattern = /^[^\s@<>"(),:;[\]\\]+@[^\s@<>"(),:;[\]\\]+$/;
const pagerDutyUrl = "https://events.pagerduty.com/v2/enqueue";
const schemes: Readonly<Record<ChannelKind, readonly string[]>> = {
  webhook: ["https:", "http:"],
  slack: ["https:", "http:"],
  pagerduty: ["https:", "http:"],
  alertmanager: ["https:", "http:"],
  email: ["smtps:", "smtp:"],
};

/** @param allowHttp also addresses without TLS @throws SlipwayError `invalid_request` */
export function checkChannel(order: ChannelOrder, allowHttp: boolean): CheckedChannel {
  const { name, kind, secret = null, to = [], from = null, minSeverity = "warning", endpoints = null } = order;
  if (!namePattern.test(name))
    throw wrong(
      `A channel's name has 1 to 63 of a-z, 0-9, ".", "_" and "-", and begins and ends with one of the first; got ${JSON.stringify(name)}.`,
    );
  const url = parseUrl(order, allowHttp);
  if (kind === "pagerduty" && (secret === null || secret === ""))
    throw wrong("PagerDuty wants the integration key of a service (Events API v2): give it as the secret.");
  if (kind === "email") checkMail(to, from);
  else if (to.length > 0 || from !== null)
    throw wrong(`Only channels of kind email have to and from, and this one is ${kind}.`);
  const secrets = { url: url.href, secret: secret === "" ? null : secret };
  return { name, kind, address: toAddress(kind, url), settings: { minSeverity, endpoints, to, from }, secrets };
}

function checkMail(to: readonly string[], from: string | null): void {
  if (to.length === 0 || from === null) throw wrong("Mail needs to, one address or more, and from.");
  const bad = [...to, from].find((address) => !mailPattern.test(address));
  if (bad !== undefined) throw wrong(`${JSON.stringify(bad)} is no address of mail: write NAME@HOST.`);
}

function parseUrl({ kind, url }: ChannelOrder, allowHttp: boolean): URL {
  const text = url ?? (kind === "pagerduty" ? pagerDutyUrl : "");
  const known = schemes[kind].map((scheme) => `${scheme}//`).join(" or ");
  if (!URL.canParse(text))
    throw wrong(`A channel of kind ${kind} needs a url that begins with ${known}, got ${JSON.stringify(text)}.`);
  const parsed = new URL(text);
  if (!schemes[kind].includes(parsed.protocol) || parsed.hostname === "")
    throw wrong(`A channel of kind ${kind} needs a url that begins with ${known}, got one with ${parsed.protocol}//.`);
  if (parsed.protocol === "http:" && !allowHttp)
    throw wrong(
      "A channel needs https://: this server calls no http:// address unless it was started with webhook_private.",
    );
  return parsed;
}

/** The path of an address that was made for one receiver is often its key, as Slack's is; a user's password is one anywhere. */
function toAddress(kind: ChannelKind, url: URL): string {
  if (kind === "slack" || kind === "webhook") return url.pathname === "/" ? url.origin : `${url.origin}/…`;
  const shown = new URL(url);
  shown.password = "";
  shown.search = "";
  return shown.href;
}

function wrong(message: string): SlipwayError {
  return new SlipwayError("invalid_request", message);
}
