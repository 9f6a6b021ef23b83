import { expect, test } from "vitest";
import { UsageError } from "./exit-codes.ts";
import { parseRest } from "./server-door.ts";

test("options that only the server knows are handed on by their snake_case names", () => {
  expect(parseRest(["--log-level", "warn", "--body-limit=1MiB", "--verbose", "--log-reserve", "0"], "up")).toEqual({
    log_level: "warn",
    body_limit: "1MiB",
    verbose: true,
    log_reserve: "0",
  });
  expect(parseRest([], "up")).toEqual({});
  expect(() => parseRest(["data"], "up")).toThrow(UsageError);
  expect(() => parseRest(["-x"], "up")).toThrow(UsageError);
});
