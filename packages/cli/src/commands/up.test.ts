import { expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { parseRest } from "./up.ts";

test("options that only the server knows are handed on by their snake_case names", () => {
  expect(parseRest(["--log-level", "warn", "--body-limit=1MiB", "--verbose", "--log-reserve", "0"])).toEqual({
    log_level: "warn",
    body_limit: "1MiB",
    verbose: true,
    log_reserve: "0",
  });
  expect(parseRest([])).toEqual({});
  expect(() => parseRest(["data"])).toThrow(UsageError);
  expect(() => parseRest(["-x"])).toThrow(UsageError);
});
