import { expect, onTestFinished, test } from "vitest";
import { requireSecret, toModelEnvironment } from "./index.ts";

function withVariables(variables: Record<string, string>): void {
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name];
    process.env[name] = value;
    onTestFinished(() => {
      if (before === undefined) delete process.env[name];
      else process.env[name] = before;
    });
  }
}

test("a model gets what it declares, and nothing of what is the server's", () => {
  withVariables({
    SLIPWAY_TOKEN: "admin",
    AWS_SECRET_ACCESS_KEY: "key",
    HOME: "/home/server",
    TMPDIR: "/srv/tmp",
    SLIPWAY_SECRET_DB: "s3cret",
    SLIPWAY_SECRET_OTHER: "not asked for",
  });
  const environment = toModelEnvironment({ variables: { MODE: "fast" }, secrets: ["DB"] });
  expect(environment).toMatchObject({ MODE: "fast", DB: "s3cret", PATH: process.env["PATH"] });
  expect(Object.keys(environment).filter((name) => /SLIPWAY|AWS|HOME|TMP|OTHER/.test(name))).toEqual([]);
  expect(Object.values(environment)).not.toContain("admin");
});

test("a secret that the server does not have is named, with what to do", () => {
  const refusal = expect.objectContaining({
    code: "precondition_failed",
    message: expect.stringContaining("Start it with SLIPWAY_SECRET_NO_SUCH in its environment"),
  });
  expect(() => toModelEnvironment({ variables: {}, secrets: ["NO_SUCH"] })).toThrow(refusal);
  expect(() => requireSecret("NO_SUCH")).toThrow(refusal);
});
