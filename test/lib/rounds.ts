/** Rounds of a failure test: few in `npm test`, many in `npm run chaos`. */
export function rounds(few: number, many: number): number {
  return process.env["MODE"] === "chaos" ? many : few;
}
