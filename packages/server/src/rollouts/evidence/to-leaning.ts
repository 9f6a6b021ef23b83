export interface Leaning {
  /** ln of the evidence that the challenger is worse. */
  readonly logHarm: number;
  /** ln of the evidence that it is better. */
  readonly logBetter: number;
  readonly alpha: number;
}

/** What evidence says at `alpha`; half of the way to a proof, on the scale of logarithms, it leans. */
export function toLeaning({ logHarm, logBetter, alpha }: Leaning): "harm" | "to harm" | "better" | "none" {
  const proven = -Math.log(alpha);
  if (logHarm >= proven) return "harm";
  if (logBetter >= proven) return "better";
  return logHarm >= proven / 2 ? "to harm" : "none";
}

/** JSON has no infinity. */
export function toFinite(value: number): number {
  return Math.min(value, Number.MAX_VALUE);
}
