import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { takeLock } from "./named-lock.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-lock-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("many share a lock that one at most has alone", () => {
  const path = join(folder, "below", "one.lock");
  const first = takeLock(path, "shared");
  const second = takeLock(path, "shared");
  expect(takeLock(path, "exclusive")).toBeNull();
  first?.();
  first?.();
  expect(takeLock(path, "exclusive")).toBeNull();
  second?.();
  const alone = takeLock(path, "exclusive");
  expect(alone).not.toBeNull();
  expect(takeLock(path, "shared")).toBeNull();
  alone?.();
  takeLock(path, "shared")!();
});

test("a process that is killed has no lock", async () => {
  const path = join(folder, "two.lock");
  const program = `import { takeLock } from ${JSON.stringify(new URL("./named-lock.ts", import.meta.url).href)};
    console.log(takeLock(${JSON.stringify(path)}, "exclusive") !== null); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(child.stdout, "data")) as [Buffer];
  expect(said.toString()).toBe("true\n");
  expect(takeLock(path, "shared")).toBeNull();
  child.kill("SIGKILL");
  await once(child, "exit");
  const mine = takeLock(path, "exclusive");
  expect(mine).not.toBeNull();
  mine?.();
});
