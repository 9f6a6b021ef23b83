import { createHmac } from "node:crypto";
import { SlipwayError } from "@slipway/contract";
import { checkEvents, type WebhookEvent, type WebhookMessage } from "./event.ts";

/** Whom to tell of which changes of the registry. The secret that its deliveries are signed with is not shown. */
export interface Webhook {
  readonly id: string;
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description: string | null;
  readonly status: WebhookStatus;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type WebhookStatus = "ACTIVE" | "DISABLED";

export interface WebhookOrder {
  readonly name: string;
  readonly url: string;
  readonly events: readonly WebhookEvent[];
  readonly description?: string | undefined;
  /** Empty or absent: deliveries are not signed. */
  readonly secret?: string | undefined;
  readonly status?: WebhookStatus | undefined;
}

const namePattern = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

/** @param allowHttp also addresses without TLS @throws SlipwayError `invalid_request` */
export function checkOrder(order: Partial<WebhookOrder>, allowHttp: boolean): Partial<WebhookOrder> {
  if (order.name !== undefined && !namePattern.test(order.name))
    throw new SlipwayError(
      "invalid_request",
      `Webhook name '${order.name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
    );
  if (order.url !== undefined) parseUrl(order.url, allowHttp);
  return order.events === undefined ? order : { ...order, events: checkEvents(order.events) };
}

/** @throws SlipwayError `invalid_request` */
export function parseUrl(text: string, allowHttp: boolean): URL {
  if (text.trim() === "")
    throw new SlipwayError("invalid_request", `Webhook URL cannot be empty or just whitespace: '${text}'`);
  const schemes = allowHttp ? ["http", "https"] : ["https"];
  if (!URL.canParse(text)) throw new SlipwayError("invalid_request", `Invalid webhook URL '${text}'`);
  const url = new URL(text);
  const scheme = url.protocol.slice(0, -1);
  if (schemes.includes(scheme)) return url;
  throw new SlipwayError(
    "invalid_request",
    `Invalid webhook URL scheme: '${scheme}'. Allowed schemes are: ${schemes.join(", ")}.`,
  );
}

/** The body of a delivery, as MLflow's receivers know it. */
export function toBody({ entity, action, data }: WebhookMessage, at: number): string {
  const timestamp = new Date(at).toISOString().replace("Z", "+00:00");
  return JSON.stringify({ entity, action, timestamp, data });
}

export interface Envelope {
  /** Of the delivery. */
  readonly id: string;
  readonly body: string;
  readonly secret: string | null;
  /** Milliseconds since 1970, of the attempt: a receiver may refuse old ones. */
  readonly at: number;
}

/** Signed over the id, the time and the body, as MLflow does. */
export function toHeaders({ id, body, secret, at }: Envelope): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(at / 1_000));
  const headers = {
    "Content-Type": "application/json",
    "User-Agent": "slipway",
    "X-MLflow-Delivery-Id": id,
    "X-MLflow-Timestamp": timestamp,
  };
  if (secret === null) return headers;
  const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { ...headers, "X-MLflow-Signature": `v1,${signature}` };
}
