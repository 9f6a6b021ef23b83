import type { RolloutEvent } from "@slipway/contract";
import type { Column } from "../table.ts";
import { clockText } from "../time.ts";

export const eventColumns: readonly Column<RolloutEvent>[] = [
  { title: "seq", value: ({ seq }) => seq, align: "right" },
  { title: "at", value: ({ at }) => at, text: ({ at }) => `${at.slice(0, 10)} ${clockText(at)}` },
  { title: "kind", value: ({ kind }) => kind },
  { title: "phase", value: ({ to }) => to, text: ({ from, to }) => (from === to ? to : `${from} -> ${to}`) },
  { title: "step", value: ({ step }) => step, text: ({ step }) => (step < 0 ? "" : String(step + 1)), align: "right" },
  { title: "actor", value: ({ actor }) => actor },
  { title: "reason", value: ({ reason }) => reason, flexible: true },
  { title: "hash", value: ({ hash }) => hash, text: ({ hash }) => hash.slice(0, 12) },
];
