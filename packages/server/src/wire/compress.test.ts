import { expect, test } from "vitest";
import { chooseCoding, compress } from "./compress.ts";

const json = "application/json; charset=utf-8";
const bytes = "application/octet-stream";
const library = "gzip, deflate, br";

test.each([
  [undefined, json, 100_000, null],
  ["gzip", json, 1000, null],
  ["gzip", json, 2000, "gzip"],
  ["deflate", bytes, 2000, "deflate"],
  ["gzip;q=1.0, identity; q=0.5", bytes, 2000, "gzip"],
  ["GZIP", json, 2000, "gzip"],
  [library, json, 15_000, null],
  [library, json, 20_000, "gzip"],
  [library, bytes, 1_000_000, null],
  ["deflate, br", json, 20_000, "deflate"],
  ["gzip;q=0, deflate", json, 20_000, "deflate"],
  ["br", json, 20_000, null],
  ["*", json, 20_000, null],
  ["", json, 20_000, null],
  [",;q=", json, 20_000, null],
])("accept-encoding %j, %s of %d bytes: %s", (accepted, type, size, coding) => {
  expect(chooseCoding(accepted, { type, body: "x".repeat(size) })).toBe(coding);
});

test("what hardly shrinks is left alone", async () => {
  const noise = crypto.getRandomValues(new Uint8Array(4096));
  expect(await compress(noise, "gzip")).toBeNull();
  expect((await compress("x".repeat(4096), "deflate"))!.length).toBeLessThan(100);
});
