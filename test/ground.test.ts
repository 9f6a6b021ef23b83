import { expect, test } from "vitest";

test("tests run on the Node that package.json brings, not on the machine's own", () => {
  expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(26);
});
