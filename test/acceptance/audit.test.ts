import { expect, test } from "vitest";
import { runCli } from "../lib/cli.ts";
import { deploy } from "../lib/deploy.ts";
import { flights } from "../lib/models.ts";
import { useServer } from "../lib/server.ts";

const server = useServer();

async function audit(...args: string[]): Promise<{ action: string; subject: string; details: object }[]> {
  const { code, stdout, stderr } = await runCli(["audit", "-o", "json", ...args], { url: server.url });
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as { action: string; subject: string; details: object }[];
}

test("what changed a version, an alias, an endpoint or a token is on record, newest first", async () => {
  await deploy(server.url, flights.v1, { message: "first" });
  await runCli(["alias", "set", "flight-delay@1", "blue"], { url: server.url });
  const made = await runCli(["token", "create", "--data", server.data, "--user", "ann", "--scope", "read"]);
  expect(made.code, made.stderr).toBe(0);
  const events = await audit("--limit", "all");
  const told = events.map(({ action, subject }) => `${action} ${subject}`);
  expect(told.slice(1).toReversed()).toEqual([
    "version.create flight-delay@1",
    "endpoint.revision flight-delay",
    "alias.set flight-delay@champion",
    "alias.set flight-delay@blue",
  ]);
  expect(events[0]).toMatchObject({ action: "token.create", details: { user: "ann", scope: "read" } });
  expect(JSON.stringify(events)).not.toContain(made.stdout.trim());
  const revision = events.find(({ action }) => action === "endpoint.revision");
  expect(revision?.details).toMatchObject({ revision: 1, action: "deploy", message: "first" });
});

test("it is filtered, and a wrong filter is an error", async () => {
  expect((await audit("--action", "alias")).length).toBe(2);
  expect((await audit("--subject", "flight-delay@blue")).length).toBe(1);
  expect(await audit("--actor", "nobody")).toEqual([]);
  const { code, stderr } = await runCli(["audit", "--since", "yesterday"], { url: server.url });
  expect(code).not.toBe(0);
  expect(stderr).toContain("yesterday");
});
