import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UsageError } from "../exit-codes.ts";
import { runCommand } from "../testing/context.ts";
import { createToken, listTokens, revokeToken } from "./tokens.ts";

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

interface TokenJson {
  readonly id: string;
  readonly user: string;
  readonly revoked_at: string | null;
}

async function list(data: string): Promise<TokenJson[]> {
  const { out } = await runCommand(listTokens, { options: { data }, settings: { format: "json" } });
  return JSON.parse(out) as TokenJson[];
}

test("a token is made, listed without its secret, and revoked", async () => {
  const data = join(root, "data");
  const made = await runCommand(createToken, { options: { data, user: "ci", scope: "deploy" } });
  expect(made.out).toMatch(/^slw_[\w-]{43}\n$/);
  const secret = made.out.trim();
  expect(made.err).toContain("SLIPWAY_TOKEN");
  expect(made.err).not.toContain(secret);

  const json = await runCommand(createToken, {
    options: { data, user: "ann", scope: "read" },
    settings: { format: "json", quiet: true },
  });
  const second = JSON.parse(json.out) as TokenJson & { secret: string };
  expect(second).toMatchObject({
    user: "ann",
    scope: "read",
    revoked_at: null,
    secret: expect.stringMatching(/^slw_/),
  });
  expect(json.err).toBe("");

  const tokens = await list(data);
  expect(tokens.map((token) => token.user)).toEqual(["ci", "ann"]);
  expect(JSON.stringify(tokens)).not.toContain(secret);
  await runCommand(revokeToken, { args: [second.id], options: { data } });
  expect((await list(data)).map((token) => token.revoked_at !== null)).toEqual([false, true]);
  await expect(runCommand(revokeToken, { args: [second.id], options: { data } })).rejects.toMatchObject({
    code: "not_found",
  });
  for (const file of await readdir(data)) expect((await readFile(join(data, file))).includes(secret), file).toBe(false);
});

test("a rate is made, listed and told", async () => {
  const data = join(root, "rates");
  const options = { data, user: "shop", scope: "infer", rate: "100/s", burst: "20" };
  const made = await runCommand(createToken, { options });
  expect(made.err).toContain("shop (infer, 100/s)");
  expect(await list(data)).toMatchObject([{ user: "shop", rate: "100/s", burst: 20 }]);
  const table = await runCommand(listTokens, { options: { data } });
  expect(table.out).toMatch(/RATE +BURST.*\n.* infer +100\/s +20 /);
  for (const wrong of [{ rate: "fast" }, { rate: "1/s", burst: "0" }, { rate: undefined, burst: "3" }])
    await expect(runCommand(createToken, { options: { ...options, ...wrong } })).rejects.toMatchObject({
      code: "invalid_request",
    });
});

test("only create makes a data folder", async () => {
  const data = join(root, "empty");
  await mkdir(data);
  await expect(runCommand(listTokens, { options: { data } })).rejects.toThrow(UsageError);
  await expect(runCommand(revokeToken, { args: ["x"], options: { data } })).rejects.toThrow(UsageError);
  await expect(
    runCommand(createToken, { options: { data: join(root, "new"), user: "", scope: "read" } }),
  ).rejects.toMatchObject({ code: "invalid_request" });
  expect(await readdir(data)).toEqual([]);
  expect(await readdir(root)).not.toContain("new");
});
