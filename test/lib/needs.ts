/**
 * Whether what a test needs of the machine is there. Where it is not, that is said aloud, so that nobody takes a skipped test for
 * a passed one; what every CI has to have fails there.
 */
export function needs(what: string, present: boolean, { inCi }: { inCi: "required" | "optional" }): boolean {
  if (present) return true;
  if (inCi === "required" && process.env["CI"]) throw new Error(`This test needs ${what}, which this machine lacks.`);
  console.error(`SKIPPED, this machine lacks ${what}.`);
  return false;
}
