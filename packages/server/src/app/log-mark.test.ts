import { expect, test } from "vitest";
import { createLogMark } from "./log-mark.ts";

test("a log that grows ends at its place, one that began later is left out, all else is whole", () => {
  const mark = createLogMark(
    [
      { instance: "a", segment: 2, byte: 500 },
      { instance: "b", segment: 1, byte: 64 },
    ],
    ["a", "old"],
  );
  const expected = {
    "log/a/00000001.log": Infinity,
    "log/a/00000002.log": 500,
    "log/a/00000003.log": null,
    "log/a/closed": null,
    "log/a/00000001.log.damaged": Infinity,
    "log/b/00000001.log": 64,
    "log/old/00000007.log": Infinity,
    "log/old/closed": Infinity,
    "log/new/00000001.log": null,
    "blobs/ab/abc": Infinity,
    "slipway.json": Infinity,
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, mark(name)]))).toEqual(expected);
});
