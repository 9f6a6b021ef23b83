import { appendAudit } from "../access/index.ts";
import type { Command } from "./observations.ts";
import type { Rollout } from "./rollout.ts";

type AnyDb = Parameters<typeof appendAudit>[0];

/** Who began it. */
export function auditStart(trx: AnyDb, rollout: Rollout): Promise<void> {
  const { id, endpoint, model, from, to, strategy, author, message, createdAt } = rollout;
  return appendAudit(trx, {
    at: createdAt,
    actor: author,
    action: "rollout.start",
    subject: endpoint,
    details: { rollout: id, model, from, to, strategy, message, allow_breaking: rollout.spec.allowBreaking ?? false },
  });
}

/** Who asked for what; whether it had an effect is among the events of the rollout. */
export function auditCommand(
  trx: AnyDb,
  { id, endpoint }: Pick<Rollout, "id" | "endpoint">,
  { kind, actor, message, at }: Command,
): Promise<void> {
  return appendAudit(trx, {
    at,
    actor,
    action: `rollout.${kind}`,
    subject: endpoint,
    details: { rollout: id, message },
  });
}
