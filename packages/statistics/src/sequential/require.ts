/** @throws RangeError unless 0 < alpha < below */
export function requireAlpha(alpha: number, below = 1): void {
  if (!(alpha > 0 && alpha < below)) throw new RangeError(`alpha is ${alpha}. It lies between 0 and ${below}.`);
}

/** @throws RangeError unless the value is above 0 and finite */
export function requirePositive(name: string, value: number): void {
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new RangeError(`${name} is ${value}. It is above 0.`);
}
