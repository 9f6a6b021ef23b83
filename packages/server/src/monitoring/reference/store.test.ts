import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { migrate } from "../../platform/sql/index.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import type { Calibration } from "../drift/calibration.ts";
import { encodeProfile } from "../profiles/codec.ts";
import { createProfilePlan, type ColumnPlan } from "../profiles/column-plan.ts";
import { createProfileBuilder } from "../profiles/profile-builder.ts";
import { referenceMigrations } from "./migrations.ts";
import { createReferenceStore, type NewReference } from "./store.ts";

const watched = { endpoint: "flights", model: "flight-delay", version: 2 };
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
const plan = createProfilePlan(columns);
const builder = createProfileBuilder(plan);
builder.addColumns(
  new Map<string, Float64Array | string[]>([
    ["x", Float64Array.of(0.05, Number.NaN, 0.4)],
    ["town", ["é", "b", "c"]],
  ]),
  3,
);
const profile = builder.profile();
const calibration: Calibration = {
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

const made = (id: string, more: Partial<NewReference> = {}): NewReference => ({
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

describeStores("references", (open) => {
  async function openStore() {
    const sql = await open();
    await migrate(sql, referenceMigrations, systemClock);
    return createReferenceStore(sql);
  }

  test("come back as they were put, with the same plan and profile", async () => {
    const store = await openStore();
    expect(await store.find(watched)).toBeNull();
    await store.put(made("r1"));
    const { plan: foundPlan, profile: foundProfile, ...found } = (await store.find(watched))!;
    expect(foundPlan).toEqual(plan);
    expect(foundProfile).toEqual(profile);
    expect(found).toEqual({
      id: "r1",
      watched,
      source: "training",
      provisional: false,
      rows: 3,
      createdAt: 1_790_000_000_000,
      time: { column: "at", from: 1, to: 2 },
      label: "truth",
      importance: { x: 0.75, town: 0.25 },
      notes: ["One thing."],
      calibration,
      estimator: null,
      sample: { sha256: "a".repeat(64), rows: 3 },
    });
    expect(await store.find({ ...watched, version: 1 })).toBeNull();
  });

  test("are replaced, and the sample of the one before is nobody's", async () => {
    const store = await openStore();
    const [old, fresh] = ["a".repeat(64), "b".repeat(64)];
    await store.put(made("r1", { provisional: true, source: "predictions" }));
    await store.put(made("r2", { watched: { ...watched, endpoint: "others" } }));
    expect(await store.findMark(watched)).toMatchObject({ id: "r1", provisional: true, source: "predictions" });
    await store.put(made("r3", { sample: fresh, madeOf: "m2" }));
    expect(await store.findMark(watched)).toMatchObject({ id: "r3", provisional: false, madeOf: "m2" });
    expect((await store.listSamples()).toSorted()).toEqual([old, fresh]);
    await store.put(made("r4", { watched: { ...watched, endpoint: "others" }, sample: fresh }));
    expect(await store.listSamples()).toEqual([fresh]);
    expect([await store.isSample(old), await store.isSample(fresh)]).toEqual([false, true]);
  });
});
