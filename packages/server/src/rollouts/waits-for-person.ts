import type { HeldReason, Rollout } from "./rollout.ts";

const always: ReadonlySet<HeldReason> = new Set(["approval", "manual", "srm", "deadline"]);

/** What a gate said stays said: unlike a metric it is not looked at again. */
const ofGates: Readonly<Partial<Record<HeldReason, "error" | "no_data" | "inconclusive">>> = {
  metric_error: "error",
  no_data: "no_data",
  inconclusive: "inconclusive",
};

/** Whether nobody but a person moves it on: neither time, nor traffic, nor another look will. */
export function waitsForPerson({ spec, status }: Pick<Rollout, "spec" | "status">): boolean {
  const { held, phase } = status;
  if (held === null) return false;
  if (always.has(held.reason)) return true;
  const condition = phase === "gating" ? ofGates[held.reason] : undefined;
  return condition !== undefined && spec.when[condition].kind === "hold";
}
