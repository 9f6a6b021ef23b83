import { describe, expect, test } from "vitest";
import { UsageError } from "./exit-codes.ts";
import { durationText, parseSince, parseTimeoutMs, relativeTime } from "./time.ts";

const now = Date.parse("2026-11-22T12:00:00Z");

describe("relativeTime", () => {
  test.each([
    ["2026-11-22T11:59:59.900Z", "just now"],
    ["2026-11-22T11:59:18Z", "42 s ago"],
    ["2026-11-22T11:57:00Z", "3 min ago"],
    ["2026-11-22T09:59:00Z", "2 h ago"],
    ["2026-11-21T12:00:00Z", "1 day ago"],
    ["2026-11-17T12:00:00Z", "5 days ago"],
    ["2026-09-20T12:00:00Z", "2 months ago"],
    ["2024-11-20T12:00:00Z", "2 years ago"],
    ["2026-11-22T12:03:00Z", "in 3 min"],
    ["nonsense", "nonsense"],
  ])("%s is %s", (at, text) => {
    expect(relativeTime(at, now)).toBe(text);
  });
});

test.each([
  [850, "850 ms"],
  [4000, "4 s"],
  [200_000, "3 min 20 s"],
  [3_600_000, "1 h"],
  [2 * 86_400_000 + 3 * 3_600_000 + 5000, "2 days 3 h"],
])("durationText(%d) is %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

describe("parseSince", () => {
  test.each(["90s", "15m", "1.5h", "7d", "500ms"])("%s goes to the server as it is", (text) => {
    expect(parseSince(text)).toBe(text);
  });
  test("times become UTC, local where no zone is named", () => {
    expect(parseSince("2026-11-22T10:00:00Z")).toBe("2026-11-22T10:00:00.000Z");
    expect(parseSince("2026-11-22T10:00:00+02:00")).toBe("2026-11-22T08:00:00.000Z");
    expect(parseSince("2026-11-22 10:00")).toBe(new Date(2026, 10, 22, 10).toISOString());
    expect(parseSince("2026-11-22")).toBe(new Date(2026, 10, 22).toISOString());
  });
  test.each(["", "soon", "15", "15 m", "-5m", "5w", "2026-13-01", "2026-11-22T25:00"])("%j is refused", (text) => {
    expect(() => parseSince(text)).toThrow(UsageError);
  });
});

test("parseTimeoutMs takes seconds", () => {
  expect(parseTimeoutMs("1.5")).toBe(1500);
  for (const text of ["0", "-1", "1s", "", "1e9"]) expect(() => parseTimeoutMs(text)).toThrow(UsageError);
});
