import type { Calibration } from "../../drift/calibration.ts";
import { encodeProfile } from "../../profiles/codec.ts";
import { createProfilePlan, type ColumnPlan } from "../../profiles/column-plan.ts";
import { createProfileBuilder } from "../../profiles/profile-builder.ts";
import type { NewReference } from "../store.ts";

export const watched = { endpoint: "flights", model: "flight-delay", version: 2 };
const columns: readonly ColumnPlan[] = [
  {
    name: "x",
    role: "input",
    kind: "number",
    edges: Float64Array.of(0, 0.1, 1 / 3, 5e300),
    categories: null,
    range: [0, 1],
    nullable: true,
  },
  { name: "town", role: "input", kind: "category", edges: null, categories: ["é", "b"], range: null, nullable: false },
];
export const plan = createProfilePlan(columns);
const builder = createProfileBuilder(plan);
builder.addColumns(
  new Map<string, Float64Array | string[]>([
    ["x", Float64Array.of(0.05, Number.NaN, 0.4)],
    ["town", ["é", "b", "c"]],
  ]),
  3,
);
export const profile = builder.profile();
export const calibration: Calibration = {
  format: 1,
  planId: plan.id,
  windowMs: 3_600_000,
  season: "none",
  blocks: 0,
  columns: [],
  scores: [],
  laws: [],
  quality: [],
};

/** A small reference. */
export const made = (id: string, more: Partial<NewReference> = {}): NewReference => ({
  id,
  watched,
  source: "training",
  provisional: false,
  rows: 3,
  createdAt: 1_790_000_000_000,
  madeOf: "m1",
  sample: "a".repeat(64),
  sampleRows: 3,
  planJson: JSON.stringify(plan.columns.map((column) => ({ ...column, edges: column.edges && [...column.edges] }))),
  profile: Buffer.from(encodeProfile(profile)).toString("base64"),
  calibrationJson: JSON.stringify(calibration),
  estimatorJson: null,
  time: { column: "at", from: 1, to: 2 },
  label: "truth",
  importance: { x: 0.75, town: 0.25 },
  notes: ["One thing."],
  ...more,
});
