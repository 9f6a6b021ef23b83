import type { Clock } from "../kernel/clock.ts";
import type { Monitoring } from "../monitoring/index.ts";
import { toAnnouncement, type RolloutsDeps } from "../rollouts/index.ts";

interface NewsDeps {
  readonly monitoring: Pick<Monitoring, "announce" | "wakeChannels">;
  readonly clock: Clock;
}

/** By then the transaction that told it is over. */
const soonMs = 500;

/** Has channels told what somebody has to know, in the transaction of what happened. */
export function createRolloutNews({ monitoring, clock }: NewsDeps): NonNullable<RolloutsDeps["notify"]> {
  return async (trx, rollout, happened) => {
    const news = toAnnouncement(rollout, happened);
    if (news === null) return;
    await monitoring.announce(trx, news);
    clock.after(soonMs, monitoring.wakeChannels);
  };
}
