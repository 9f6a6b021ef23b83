import type { PageQuery } from "../kernel/page.ts";

/** What somebody did, by the noun and the verb. */
export type AuditAction =
  | "token.create"
  | "token.revoke"
  | "alias.set"
  | "alias.delete"
  | "model.rename"
  | "model.import"
  | "stage.set"
  | "version.create"
  | "version.verify"
  | "version.delete"
  | "endpoint.revision"
  | "rollout.start"
  | "rollout.pause"
  | "rollout.resume"
  | "rollout.approve"
  | "rollout.skip-step"
  | "rollout.promote"
  | "rollout.abort"
  | "predictions.erase"
  | "webhook.create"
  | "webhook.update"
  | "webhook.delete"
  | "channel.create"
  | "channel.delete"
  | "incident.acknowledge"
  | "incident.mute"
  | "incident.unmute"
  | "incident.resolve";

export interface AuditEvent {
  /** UUIDv7. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The user of the token; null where the server asks for none, or the change was made on the data folder itself. */
  readonly actor: string | null;
  readonly action: AuditAction;
  /** What it was done to: an address (`flight-delay@3`), a token's id. */
  readonly subject: string;
  /** JSON-safe, without personal data. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditQuery extends PageQuery {
  /** Exactly this subject. */
  readonly subject?: string | undefined;
  /** One action (`alias.set`), or all of a noun (`alias`). */
  readonly action?: string | undefined;
  readonly actor?: string | undefined;
  /** Milliseconds, inclusive. */
  readonly since?: number | undefined;
}
