import type { Rollout } from "@slipway/contract";
import { SlipwayError } from "@slipway/contract/errors";
import { requireName } from "../addresses.ts";
import type { Context } from "../context.ts";

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The rollout with this id; or the one of an endpoint that has not ended, else its last. */
export function findRollout(context: Context, text: string): Promise<Rollout> {
  const { rollouts } = context.client();
  return uuid.test(text) ? rollouts.get(text.toLowerCase()) : rollouts.latest(requireName(text));
}

/** Those that have not ended, by endpoint; none where the server is one of before, which knows no rollouts. */
export async function findRunning(context: Context, endpoint?: string): Promise<ReadonlyMap<string, Rollout>> {
  const { rollouts } = context.client();
  const found = await rollouts.list({ endpoint, state: "active", limit: 1000 }).catch((error: unknown) => {
    if (SlipwayError.is(error) && error.code === "not_found") return { items: [] };
    throw error;
  });
  return new Map(found.items.map((rollout) => [rollout.endpoint, rollout]));
}
