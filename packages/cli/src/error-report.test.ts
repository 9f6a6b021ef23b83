import { expect, test } from "vitest";
import { errorKinds, SlipwayError } from "@slipway/contract/errors";
import { ConnectionError, ServerError } from "@slipway/sdk";
import { toErrorJson, toErrorText, toExitCode } from "./error-report.ts";
import { InterruptedError, UsageError } from "./exit-codes.ts";

test("exit codes", () => {
  expect(toExitCode(new UsageError("x"))).toBe(2);
  expect(toExitCode(new ConnectionError("http://x", new Error("y")))).toBe(3);
  expect(toExitCode(new SlipwayError("model_not_found", "x"))).toBe(4);
  expect(toExitCode(new SlipwayError("in_use", "x"))).toBe(5);
  expect(toExitCode(new SlipwayError("conflict", "x"))).toBe(5);
  expect(toExitCode(new SlipwayError("unauthenticated", "x"))).toBe(5);
  expect(toExitCode(new SlipwayError("invalid_input", "x"))).toBe(1);
  expect(toExitCode(new SlipwayError("model_failed", "x"))).toBe(1);
  expect(toExitCode(new InterruptedError("x"))).toBe(130);
  expect(toExitCode(new TypeError("x"))).toBe(1);
  expect(errorKinds.length).toBe(13);
});

test("as text: the message, a hint, and nothing that moves the cursor", () => {
  const text = toErrorText(new SlipwayError("unauthenticated", "No token.\u001b[2J"));
  expect(text).toBe("error: No token.\nhint: pass --token TOKEN, or set SLIPWAY_TOKEN.\n");
  const inner = { code: "internal", message: "Sorry.", status: 500, instance: "0193" } as const;
  expect(toErrorText(new ServerError(inner))).toContain("under the id 0193");
});

test("as JSON: problem details in one line", () => {
  const details = { input: "hour" };
  const error = new ServerError({ code: "invalid_input", message: "Wrong.", status: 400, details });
  const text = toErrorJson(error);
  expect(text.indexOf("\n")).toBe(text.length - 1);
  expect(JSON.parse(text)).toEqual({
    type: "https://slipway.dev/errors/invalid_input",
    title: "An input of the model is wrong",
    status: 400,
    detail: "Wrong.",
    code: "invalid_input",
    retryable: false,
    details,
  });
  expect(JSON.parse(toErrorJson(new UsageError("No.")))).toMatchObject({ code: "usage", detail: "No." });
});
