import { z } from "zod";
import { id, name, pageOf, timestamp } from "./common.ts";

export const channelKinds = ["webhook", "slack", "pagerduty", "alertmanager", "email"] as const;
const kind = z.enum(channelKinds);
const minSeverity = z.enum(["warning", "critical"]);
const mail = z.string().min(3).max(320);

/** Whom to tell of incidents; what is secret of it is never answered. */
export const channel = z
  .object({
    id,
    name: z.string(),
    kind,
    address: z.string().meta({ description: "Where it goes, as far as that is no secret" }),
    min_severity: minSeverity,
    endpoints: z.array(z.string()).nullable().meta({ description: "Null: all" }),
    to: z.array(z.string()),
    from: z.string().nullable(),
    pending: z.int().meta({ description: "Messages that wait to be taken" }),
    failed: z.int().meta({ description: "Messages of the last days that were given up" }),
    last_error: z.string().nullable(),
    created_at: timestamp,
  })
  .meta({ description: "Whom to tell of incidents" });
export type Channel = z.infer<typeof channel>;
export const channelPage = pageOf(channel);

export const newChannel = z.strictObject({
  name: z.string().min(1).max(63),
  kind,
  url: z.string().min(1).max(2_000).optional().meta({ description: "https://, or smtp:// and smtps:// of mail" }),
  secret: z.string().max(2_000).optional().meta({
    description:
      "webhook: the key that messages are signed with; pagerduty: the integration key; email: the password; alertmanager: a bearer token",
  }),
  to: z.array(mail).max(50).optional(),
  from: mail.optional(),
  min_severity: minSeverity.optional(),
  endpoints: z.array(name).max(1_000).optional(),
});
export type NewChannel = z.infer<typeof newChannel>;

export const channelTest = z.object({
  success: z.boolean(),
  status: z.int().nullable().meta({ description: "HTTP status, or what a mail server said as one" }),
  body: z.string().nullable().meta({ description: "The beginning of what was answered" }),
  error: z.string().nullable(),
});
export type ChannelTest = z.infer<typeof channelTest>;
