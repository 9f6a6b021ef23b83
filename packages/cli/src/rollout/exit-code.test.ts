import { expect, test } from "vitest";
import type { Rollout } from "@slipway/contract";
import { endCode, waitsForPerson } from "./exit-code.ts";

const ends: Readonly<Partial<Record<Rollout["phase"], number>>> = {
  succeeded: 0,
  rolled_back: 6,
  rejected: 7,
  cancelled: 9,
  superseded: 9,
};
const phases = ["pending", "gating", "stepping", "promoting", "reporting", "rolling_back", "cancelling"] as const;

test("how a rollout ended is an exit code, and nothing else is", () => {
  for (const [phase, code] of Object.entries(ends)) expect(endCode({ phase: phase as Rollout["phase"] })).toBe(code);
  for (const phase of phases) expect(endCode({ phase })).toBeNull();
});

test("a person is waited for where neither time nor traffic moves it on", () => {
  const held = (forPerson: boolean | null, more: Partial<Rollout> = {}) =>
    waitsForPerson({
      active: true,
      paused: false,
      phase: "stepping",
      held: forPerson === null ? null : { reason: "hold", since: "", message: "", for_person: forPerson },
      ...more,
    } as Rollout);
  expect(held(true)).toBe(true);
  expect(held(true, { phase: "gating" })).toBe(true);
  expect(held(false)).toBe(false);
  expect(held(null)).toBe(false);
  expect(held(null, { paused: true })).toBe(true);
  expect(held(true, { phase: "rolling_back" })).toBe(false);
  expect(held(true, { active: false, phase: "cancelled" })).toBe(false);
});
