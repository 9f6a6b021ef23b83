import { expect, test } from "vitest";
import { createId } from "../../kernel/ids.ts";
import { describeStores } from "../../platform/sql/testing/describe-stores.ts";
import { migrate } from "../../platform/sql/index.ts";
import type { Label } from "./label.ts";
import { labelMigrations } from "./migrations.ts";
import { createLabelStore, removeLabels, type LabelTables, type PullState } from "./store.ts";

const label = (more: Partial<Label>): Label => ({
  id: createId(),
  endpoint: "flights",
  prediction: null,
  row: null,
  key: "AA 1",
  value: "0.1",
  number: 0.1,
  observedAt: 1_795_000_000_000,
  timed: true,
  receivedAt: 1_795_000_000_001,
  source: "api",
  ambiguous: "none",
  ...more,
});

describeStores("labels that wait", (open) => {
  test("are kept as they are, found by what they name, and taken out", async () => {
    const sql = await open();
    await migrate(sql, labelMigrations);
    const store = createLabelStore(sql);
    const request = createId();
    const first = label({});
    const rest = [
      label({
        key: null,
        prediction: request,
        row: 0,
        timed: false,
        number: null,
        value: "late",
        receivedAt: 1_795_000_000_002,
      }),
      label({ key: null, prediction: request, row: null, ambiguous: "latest", receivedAt: 1_795_000_000_003 }),
    ];
    const other = label({ endpoint: "others" });
    await store.insert([first, ...rest, other]);
    expect(await store.endpoints()).toEqual(["flights", "others"]);
    expect(await store.list("flights", 10)).toEqual([first, ...rest]);
    expect(await store.list("flights", 1)).toEqual([first]);
    expect(await store.count("flights")).toBe(3);
    const known = await store.listKnown("flights", ["k:AA 1", `p:${request}/0`, "k:nobody"]);
    expect(known.map((each) => each.target).toSorted()).toEqual(["k:AA 1", `p:${request}/0`]);
    expect(await store.listKnown("flights", [])).toEqual([]);
    await sql.as<LabelTables>().tx((trx) => removeLabels(trx, [first.id, rest[0]!.id]));
    expect(await store.list("flights", 10)).toEqual([rest[1]]);
  });

  test("so many that one statement does not hold them", async () => {
    const sql = await open();
    await migrate(sql, labelMigrations);
    const store = createLabelStore(sql);
    const many = Array.from({ length: 1_201 }, (_, i) => label({ key: `k ${i}` }));
    await store.insert(many);
    expect(
      await store.listKnown(
        "flights",
        many.map((each) => `k:${each.key}`),
      ),
    ).toHaveLength(1_201);
    await sql.as<LabelTables>().tx((trx) =>
      removeLabels(
        trx,
        many.map((each) => each.id),
      ),
    );
    expect(await store.endpoints()).toEqual([]);
  });

  test("the state of pulls", async () => {
    const sql = await open();
    await migrate(sql, labelMigrations);
    const store = createLabelStore(sql);
    expect(await store.findPull("flights")).toBeNull();
    const state: PullState = {
      endpoint: "flights",
      source: "warehouse",
      query: "select 1",
      watermark: null,
      lastAt: 1,
      pulled: null,
      stored: null,
      error: "it failed",
      nextAt: 2,
    };
    await store.savePull(state);
    expect(await store.findPull("flights")).toEqual(state);
    const later = { ...state, watermark: 5, pulled: 3, stored: 2, error: null, nextAt: 9 };
    await store.savePull(later);
    expect(await store.findPull("flights")).toEqual(later);
  });
});
