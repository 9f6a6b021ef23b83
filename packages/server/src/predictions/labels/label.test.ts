import { SlipwayError, type NewLabel } from "@slipway/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createId } from "../../kernel/ids.ts";
import { findDuplicates, parsePrediction, targetOf, toLabel, toNumber, type KnownLabel, type Label } from "./label.ts";

const request = "01931c3e-7a51-7c60-b3a5-0d2f6f1f2a11";
const receivedAt = Date.parse("2026-11-22T10:00:00Z");
const make = (given: NewLabel, more: Partial<Label> = {}): Label => ({
  ...toLabel(given, 0, { endpoint: "a", receivedAt, source: "api", ambiguous: "none", id: createId() }),
  ...more,
});
const toKnown = (label: Label): KnownLabel => ({ ...label, target: targetOf(label) });

describe("a label", () => {
  test("names a prediction, a row of it or a key, and keeps its value as text and number", () => {
    expect(make({ prediction: request.toUpperCase(), value: 1 })).toMatchObject({
      prediction: request,
      row: null,
      value: "1",
      number: 1,
    });
    expect(make({ prediction: `${request}/7`, value: "late" })).toMatchObject({ row: 7, value: "late", number: null });
    expect(make({ prediction: request, row: 0, value: true })).toMatchObject({ row: 0, value: "true", number: null });
    expect(make({ key: "AA 1", value: "1e3", observed_at: "2026-11-22T08:00:00+01:00" })).toMatchObject({
      key: "AA 1",
      number: 1000,
      observedAt: Date.parse("2026-11-22T07:00:00Z"),
      timed: true,
      source: "api",
    });
    expect(make({ key: "k", value: 0 })).toMatchObject({ observedAt: receivedAt, timed: false });
  });

  test.each<[NewLabel, RegExp]>([
    [{ value: 1 }, /either the prediction's id or the caller's key/],
    [{ key: "a", prediction: request, value: 1 }, /and not both/],
    [{ prediction: `${request}/x`, value: 1 }, /is not the id of a prediction/],
    [{ prediction: `${request}/1`, row: 1, value: 1 }, /a row belongs/],
    [{ key: "a", row: 1, value: 1 }, /a row belongs/],
    [{ key: "a", value: 1, observed_at: "10:00" }, /is not a time/],
  ])("is refused: %j", (given, message) => {
    expect(() => make(given)).toThrow(SlipwayError);
    expect(() => make(given)).toThrow(message);
  });

  test("reads numbers as JSON and people write them, and nothing else", () => {
    for (const text of ["1", "-1.5", "+.5", "1.", "1e-3", " 2 "]) expect(toNumber(text), text).toBe(Number(text));
    for (const text of ["", "1_000", "0x10", "NaN", "Infinity", "1e999", "one", "1,5", "true"])
      expect(toNumber(text), text).toBeNull();
    expect(parsePrediction("")).toBeNull();
  });
});

describe("duplicates", () => {
  const label = fc.record(
    {
      key: fc.constantFrom("a", "b"),
      value: fc.constantFrom(1, 2),
      source: fc.constantFrom("x", "y"),
      observed_at: fc.constantFrom("2026-11-20", "2026-11-21"),
    },
    { requiredKeys: ["key", "value", "source"] },
  );
  const batches = fc.array(fc.array(label, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

  /** Stores batch after batch, as the server does. */
  function store(given: readonly (readonly NewLabel[])[]): { kept: Label[]; counts: () => Record<string, string> } {
    const kept: Label[] = [];
    const add = (batch: readonly NewLabel[], at: number) => {
      const fresh = batch.map((one, i) => make(one, { receivedAt: at, id: `${String(at)}-${i}` }));
      const duplicates = findDuplicates(fresh, kept.map(toKnown));
      kept.push(...fresh.filter((one) => !duplicates.has(one)));
    };
    given.forEach((batch, i) => add(batch, receivedAt + i));
    return { kept, counts: () => Object.fromEntries(kept.map((one) => [targetOf(one), `${one.value} ${one.source}`])) };
  }

  test("a batch that is sent again adds nothing", () => {
    fc.assert(
      fc.property(fc.array(label, { minLength: 1, maxLength: 8 }), fc.boolean(), (batch, timed) => {
        const uniform = batch.filter((one) => (one.observed_at !== undefined) === timed);
        fc.pre(uniform.length > 0);
        expect(store([uniform, uniform]).kept).toEqual(store([uniform]).kept);
      }),
    );
  });

  test("no two labels with a time say the same, and one without a time always counts afterwards", () => {
    fc.assert(
      fc.property(batches, (given) => {
        const { kept } = store(given);
        const timed = kept
          .filter((one) => one.timed)
          .map((one) => [targetOf(one), one.value, one.observedAt, one.source]);
        expect(new Set(timed.map((one) => JSON.stringify(one))).size).toBe(timed.length);
        const last = given.at(-1)!;
        const untimed = last.filter((one) => one.observed_at === undefined);
        // Where the last batch says one thing of a target, and says it without a time, that is what counts.
        for (const one of untimed) {
          if (last.filter((other) => other.key === one.key).length > 1) continue;
          expect(store(given).counts()[`k:${one.key}`]).toBe(`${one.value} ${one.source}`);
        }
      }),
    );
  });
});
