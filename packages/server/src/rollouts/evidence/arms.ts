import type { ArmCounts } from "../verdict.ts";
import { type Compared, isCounted } from "./compared.ts";
import type { Sums } from "./measured.ts";

interface BothArms {
  readonly challenger: Sums;
  readonly control: Sums;
}

/** The arms as evidence shows them, the challenger first. */
export function toArms({ spec }: Compared, { challenger, control }: BothArms): readonly ArmCounts[] {
  const isRate = isCounted(spec);
  const toArm = (arm: string, { n, sum }: Sums): ArmCounts => ({
    arm,
    n,
    events: isRate ? sum : null,
    mean: n === 0 ? null : sum / n,
  });
  return [toArm("challenger", challenger), toArm("champion", control)];
}
