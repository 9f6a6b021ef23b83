import fc from "fast-check";
import { expect, test } from "vitest";
import { createClient } from "./index.ts";
import { countNew } from "./logs.ts";

test("each look gives the lines that came since the one before", () => {
  // A log of different lines, two looks at its end through a window.
  const looks = fc.record({
    before: fc.integer({ min: 1, max: 50 }),
    added: fc.integer({ min: 0, max: 50 }),
    window: fc.integer({ min: 1, max: 60 }),
  });
  fc.assert(
    fc.property(looks, ({ before, added, window }) => {
      const log = Array.from({ length: before + added }, (_, i) => `line ${i}`);
      const first = log.slice(0, before).slice(-window);
      const second = log.slice(-window);
      expect(countNew(first, second)).toBe(Math.min(added, second.length));
    }),
  );
});

test("a file that began anew, and one that had nothing yet", () => {
  expect(countNew(["a", "b"], ["c"])).toBe(1);
  expect(countNew([], ["a", "b"])).toBe(2);
  expect(countNew(["a"], [])).toBe(0);
  expect(countNew(["a"], ["a"])).toBe(0);
});

test("follow gives the last lines, then new ones, and hands its filter on", async () => {
  const pages = [["a", "b", "c"], ["a", "b", "c"], ["b", "c", "d", "e"], [], ["f"]];
  const asked: string[] = [];
  const client = createClient({
    fetch: (async (url: string) => {
      asked.push(new URL(url).search);
      const items = (pages.shift() ?? []).map((message) => ({ message }));
      return Response.json({ items });
    }) as typeof globalThis.fetch,
  });
  const got: unknown[][] = [];
  for await (const lines of client.server.followLogs({ limit: 2, name: "x", level: "warn", pollMs: 1 })) {
    got.push(lines.map((line) => line.message));
    if (got.length === 3) break;
  }
  expect(got).toEqual([["b", "c"], ["d", "e"], ["f"]]);
  expect(asked[0]).toBe("?limit=1000&name=x&level=warn");
});
