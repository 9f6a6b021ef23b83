import { addSums, noSums, type Stratum, type Sums } from "./measured.ts";

/** What one arm showed, and how it had come to what it answered. */
export interface ArmSums {
  readonly revision: number;
  readonly arm: string;
  readonly via: "bucket" | "rule" | "shadow";
  readonly propensity: number;
  readonly sums: Sums;
}

/** Units that it happened to, each in the arm and under the revision of the first time. */
export interface FirstEvents {
  readonly revision: number;
  readonly arm: string;
  readonly units: number;
}

/** @param control what the challenger is compared with: the arm `control` where there is one, else all that is left to the champion */
export function toStrata(all: readonly ArmSums[], control: "champion" | "control"): Stratum[] {
  const strata: Stratum[] = [];
  const own = all.filter(({ arm }) => arm === "challenger" || arm === control);
  const isDrawn = ({ via, propensity }: ArmSums) => via === "bucket" && propensity < 1;
  // While an arm is missing all of the traffic comes to the other one, under the same revision: nothing is drawn then.
  const undrawn = (via: ArmSums["via"]) => own.filter((each) => each.via === via && !isDrawn(each));
  for (const chosen of [own.filter(isDrawn), undrawn("bucket"), undrawn("rule")]) {
    for (const revision of new Set(chosen.map((each) => each.revision))) {
      const sides = chosen.filter((each) => each.revision === revision);
      const mine = sides.filter((each) => each.arm === "challenger");
      const others = sides.filter((each) => each.arm === control);
      strata.push({
        revision,
        share: sides.every(isDrawn) ? shareOf(mine, others, control) : null,
        challenger: mine.map(({ sums }) => sums).reduce(addSums, noSums),
        control: others.map(({ sums }) => sums).reduce(addSums, noSums),
      });
    }
  }
  return strata.toSorted((a, b) => a.revision - b.revision);
}

/** Strata whose events count by the units that they happened to first. Null: each event is one of its own. */
export function withFirsts(
  strata: readonly Stratum[],
  firsts: readonly FirstEvents[] | null,
  control: "champion" | "control",
): Stratum[] {
  if (firsts === null) return [...strata];
  const unitsOf = (revision: number, arm: string) =>
    firsts.find((each) => each.revision === revision && each.arm === arm)?.units ?? 0;
  return strata.map((stratum) => {
    const { revision, share } = stratum;
    if (share === null) return stratum;
    return { ...stratum, firsts: { challenger: unitsOf(revision, "challenger"), control: unitsOf(revision, control) } };
  });
}

/** Where one side has answered nothing yet, the other side's propensity says what its share was. */
function shareOf(mine: readonly ArmSums[], others: readonly ArmSums[], control: "champion" | "control"): number | null {
  const propensities = new Set([...mine, ...others].map(({ arm, propensity }) => `${arm} ${propensity}`));
  if (propensities.size !== Number(mine.length > 0) + Number(others.length > 0)) return null;
  const [own, other] = [mine[0]?.propensity, others[0]?.propensity];
  const missing = (known: number) => (control === "control" ? known : 1 - known);
  const a = own ?? missing(other ?? 1);
  const b = other ?? missing(own ?? 1);
  const share = a / (a + b);
  return share > 0 && share < 1 ? share : null;
}
