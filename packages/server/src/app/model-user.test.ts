import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parseModelUser, shieldDataFolder } from "./model-user.ts";

test("a user is a uid or uid:gid, and never root", () => {
  expect(parseModelUser(null)).toBe(null);
  for (const wrong of ["nobody", "0", "-1", "1:", "1:2:3", ""])
    expect(() => parseModelUser(wrong), wrong).toThrow(/must be a uid or uid:gid other than root's/);
  if (process.getuid?.() !== 0) expect(() => parseModelUser("1000")).toThrow(/needs a server that runs as root/);
  else
    expect([parseModelUser("1000"), parseModelUser("1:2")]).toEqual([
      { uid: 1000, gid: 1000 },
      { uid: 1, gid: 2 },
    ]);
});

test("of a data folder, the models' user gets into what its programs need and nothing else", async () => {
  const above = mkdtempSync(join(tmpdir(), "slipway-user-"));
  onTestFinished(() => rmSync(above, { recursive: true }));
  const data = join(above, "data");
  mkdirSync(data);
  writeFileSync(join(data, "slipway.db"), "");
  const user = { uid: 4242, gid: 4242 };
  await expect(shieldDataFolder(data, user)).rejects.toMatchObject({
    code: "invalid_config",
    message: expect.stringContaining(`${above} does not let it in`),
  });
  chmodSync(above, 0o711);
  await shieldDataFolder(data, user);
  const modes = ["", "loaded", "tmp", "envs", "log", "blobs", "slipway.db"].map(
    (name) => statSync(join(data, name)).mode & 0o777,
  );
  expect(modes).toEqual([0o711, 0o711, 0o711, 0o711, 0o700, 0o700, 0o600]);
});
