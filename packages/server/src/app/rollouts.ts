import type { Release } from "../endpoints/index.ts";
import type { Lifecycle } from "../kernel/lifecycle.ts";
import { createRelease, createRollouts, type Rollouts, type RolloutsDeps } from "../rollouts/index.ts";

export interface RolloutsGiven extends RolloutsDeps {
  readonly lifecycle: Lifecycle;
  readonly door: ReleaseDoor;
}

/** Releases that prove themselves: what was under way goes on. They end before what they look at. */
export async function openRollouts({ lifecycle, door, ...deps }: RolloutsGiven): Promise<Rollouts> {
  const rollouts = createRollouts(deps);
  door.open(createRelease({ rollouts }));
  await rollouts.run();
  lifecycle.onStop("rollouts", () => rollouts.stop());
  return rollouts;
}

export interface ReleaseDoor {
  readonly release: Release;
  open(release: Release): void;
}

/** Endpoints are made before the rollouts that their deploys ask; nobody deploys before both are there. */
export function createReleaseDoor(): ReleaseDoor {
  let release: Release = async () => null;
  return {
    release: (order, by) => release(order, by),
    open: (through) => void (release = through),
  };
}
