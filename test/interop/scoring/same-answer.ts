import { expect } from "vitest";

/** MLflow writes NaN and infinities, which are no JSON; here they are null. */
export function parseTheirs(text: string): unknown {
  return JSON.parse(
    text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (token) => (token.startsWith('"') ? token : "null")),
  );
}

/** Equal but for floats, which may differ by 1e-6. */
export function expectSame(ours: unknown, theirs: unknown, path = "$"): void {
  if (typeof theirs === "number" && typeof ours === "number") {
    expect(Math.abs(ours - theirs), `${path}: ${ours} and ${theirs}`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(theirs)),
    );
  } else if (typeof theirs === "object" && theirs !== null && typeof ours === "object" && ours !== null) {
    expect(Object.keys(ours), path).toEqual(Object.keys(theirs));
    for (const key of Object.keys(theirs)) expectSame((ours as Row)[key], (theirs as Row)[key], `${path}.${key}`);
  } else expect(ours, path).toBe(theirs);
}

type Row = Record<string, unknown>;
