import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { runCli } from "./lib/cli.ts";
import { fetchJson } from "./lib/fetch-json.ts";
import { startServer } from "./lib/server.ts";

test("a server starts, answers, is killed, comes back on its data and stops in order", async () => {
  const server = await startServer();
  expect((await fetchJson(`${server.url}/health/ready`)).status).toBe(200);
  const first = server.pid;
  await server.kill9();
  expect(() => server.url).toThrow("does not run");
  await server.restart();
  expect(server.pid).not.toBe(first);
  expect(existsSync(server.data)).toBe(true);
  expect((await runCli(["status"], { url: server.url })).code).toBe(0);
  expect(await server.stop()).toBe(0);
});

test("a server that cannot start says why", async () => {
  await expect(startServer({ args: ["--no-such-option", "x"] })).rejects.toThrow(/no.such.option/i);
});

test("a command that fails gives its exit code and says why on stderr", async () => {
  const { code, stdout, stderr } = await runCli(["show", "nothing"], { url: "http://127.0.0.1:9" });
  expect(code).not.toBe(0);
  expect(stdout).toBe("");
  expect(stderr).toContain("127.0.0.1:9");
});
