import { expect, test } from "vitest";
import { toChangeView, toWireChanges } from "./change-view.ts";

test("paths and what they hold are in snake_case", () => {
  expect(toChangeView({ path: "serve.timeoutMs", from: 1, to: 2 })).toEqual({
    path: "serve.timeout_ms",
    from: 1,
    to: 2,
  });
  expect(toChangeView({ path: "labels", to: { sql: { everyMs: 5 } } })).toEqual({
    path: "labels",
    to: { sql: { every_ms: 5 } },
  });
});

test("names that a model's author chose stay as they are", () => {
  const fallback = { path: "serve.fallback.value.pLate", to: { someName: 1 } };
  expect(toChangeView(fallback)).toEqual(fallback);
  expect(toChangeView({ path: "serve.fallback", to: { value: { pLate: 0.2 } } }).to).toEqual({ value: { pLate: 0.2 } });
  expect(toChangeView({ path: "serve", to: { timeoutMs: 1, fallback: { value: { pLate: 1 } } } }).to).toEqual({
    timeout_ms: 1,
    fallback: { value: { pLate: 1 } },
  });
});

test("in the audit trail too", () => {
  const details = { revision: 2, changes: [{ path: "log.onFull", to: "refuse" }] };
  expect(toWireChanges(details)).toEqual({ revision: 2, changes: [{ path: "log.on_full", to: "refuse" }] });
  expect(toWireChanges({ user: "ann" })).toEqual({ user: "ann" });
});
