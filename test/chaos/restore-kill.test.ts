import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@slipway/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ended, track } from "../lib/children.ts";
import { runCli } from "../lib/cli.ts";
import { deploy, upload } from "../lib/deploy.ts";
import { cleanEnv, findEntry } from "../lib/entry.ts";
import { scaledMatrix } from "../lib/models.ts";
import { rounds } from "../lib/rounds.ts";
import { startServer, useServer } from "../lib/server.ts";
import { startStallingProxy } from "../lib/stalling-proxy.ts";

const server = useServer();
const room = mkdtempSync(join(tmpdir(), "slipway-restore-"));
afterAll(() => rmSync(room, { recursive: true, force: true }));
const file = join(room, "slipway.tar");
const target = join(room, "target");
const draft = `${target}.restoring`;
let whole: Record<string, string> = {};

beforeAll(async () => {
  await deploy(server.url, scaledMatrix(2), { name: "kept" });
  const client = createClient({ url: server.url });
  for (let i = 0; i < 30; i++) await upload(client, randomBytes(400_000));
  await client.endpoint("kept").predict({ X: [1, 0, 0, 0] });
  const made = await runCli(["backup", file], { url: server.url, timeoutMs: 60_000 });
  expect(made.code, made.stderr).toBe(0);
  const restored = await runCli(["restore", file, "--data", target], { timeoutMs: 60_000 });
  expect(restored.code, restored.stderr).toBe(0);
  whole = listTree(target);
  rmSync(target, { recursive: true });
}, 180_000);

function listTree(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(root.length), createHash("sha256").update(readFileSync(path)).digest("hex")];
    }),
  );
}

function bytesBelow(root: string): number {
  try {
    const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return entries.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
  } catch {
    return 0;
  }
}

function startRestore(source: string): ChildProcess {
  return track(
    spawn(process.execPath, [findEntry(), "restore", source, "--data", target], {
      env: cleanEnv(),
      stdio: ["pipe", "ignore", "ignore"],
    }),
  );
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended(child);
}

/** What every kill must leave: nothing there, or all. */
function checkTarget(): "absent" | "whole" {
  if (!existsSync(target)) return "absent";
  expect(listTree(target)).toEqual(whole);
  return "whole";
}

async function restoreAgain(): Promise<void> {
  const again = await runCli(["restore", file, "--data", target], { timeoutMs: 60_000 });
  expect(again.code, again.stderr).toBe(0);
  expect(checkTarget()).toBe("whole");
  expect(existsSync(draft)).toBe(false);
  rmSync(target, { recursive: true });
}

describe("kill -9 of a restore", () => {
  test(
    "while it reads: the folder is not there, and the next restore makes it whole",
    { timeout: 120_000 },
    async () => {
      const bytes = readFileSync(file);
      const manifest = bytes.lastIndexOf("manifest.json");
      // Inside the database, inside a blob, before the list of contents, and with all of it but the archive's end.
      for (const at of [5_000, Math.floor(bytes.length / 2), manifest - 10, bytes.length - 1024]) {
        const child = startRestore("-");
        child.stdin!.on("error", () => undefined).write(bytes.subarray(0, at));
        const enough = Math.min(at * 0.6, at - 2_000_000);
        await expect.poll(() => existsSync(join(draft, "data")), { timeout: 30_000 }).toBe(true);
        await expect.poll(() => bytesBelow(join(draft, "data")), { timeout: 30_000 }).toBeGreaterThanOrEqual(enough);
        await kill(child);
        expect(checkTarget()).toBe("absent");
      }
      await restoreAgain();
    },
  );

  const times = rounds(5, 100);
  test(`${times} times at random moments: the folder is not there or whole`, { timeout: times * 20_000 }, async () => {
    let windowMs = 200;
    const seen = new Set<string>();
    for (let round = 0; round < times; round++) {
      const child = startRestore(file);
      const over = ended(child);
      await expect.poll(() => existsSync(draft) || existsSync(target), { timeout: 30_000, interval: 5 }).toBe(true);
      const begunAt = performance.now();
      // The last round is not killed, and tells how long the others may take.
      const patience = new Promise((resolve) => setTimeout(resolve, Math.random() * windowMs * 1.3));
      await (round === 0 ? over : Promise.race([over, patience]));
      if (round === 0) windowMs = performance.now() - begunAt;
      await kill(child);
      seen.add(checkTarget());
      rmSync(target, { recursive: true, force: true });
    }
    expect(seen).toContain("whole");
    await restoreAgain();
  });

  test("two at once: one of them is refused", { timeout: 60_000 }, async () => {
    const child = startRestore("-");
    child.stdin!.write(readFileSync(file).subarray(0, 100_000));
    await expect.poll(() => bytesBelow(join(draft, "data")), { timeout: 30_000 }).toBeGreaterThan(0);
    const second = await runCli(["restore", file, "--data", target]);
    expect([second.code, second.stderr]).toEqual([5, expect.stringContaining("in use by")]);
    await kill(child);
    await restoreAgain();
  });
});

describe("kill -9 of a server that is being backed up", () => {
  test("leaves no file behind, and the server starts and backs up again", { timeout: 120_000 }, async () => {
    const own = await startServer();
    await deploy(own.url, scaledMatrix(3), { name: "own" });
    await upload(createClient({ url: own.url }), randomBytes(20 * 1024 * 1024));
    const proxy = await startStallingProxy(own.port, 6 * 1024 * 1024);
    const path = join(room, "cut.tar");
    const backup = runCli(["backup", path], { url: proxy.url, timeoutMs: 60_000 });
    await proxy.stalled;
    expect(existsSync(path)).toBe(false);
    expect(readdirSync(join(own.data, "tmp"))).toHaveLength(1);
    await own.kill9();
    // It does not read any more, so it would not notice.
    proxy.close();
    const { code, stderr } = await backup;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^Backing up\n.*ended the backup before its end/s)]);
    expect(readdirSync(room).filter((name) => name.startsWith("cut.tar"))).toEqual([]);
    await own.restart();
    expect(readdirSync(join(own.data, "tmp"))).toEqual([]);
    const again = await runCli(["backup", path], { url: own.url, timeoutMs: 60_000 });
    expect(again.code, again.stderr).toBe(0);
    const verified = await runCli(["restore", path, "--verify"], { timeoutMs: 60_000 });
    expect(verified.code, verified.stderr).toBe(0);
  });

  test(
    "of the command line: only a partial file stays, and the next one replaces it",
    { timeout: 60_000 },
    async () => {
      const proxy = await startStallingProxy(server.port, 4 * 1024 * 1024);
      const path = join(room, "killed.tar");
      const child = track(
        spawn(process.execPath, [findEntry(), "backup", path], {
          env: cleanEnv({ SLIPWAY_URL: proxy.url }),
          stdio: "ignore",
        }),
      );
      await proxy.stalled;
      await kill(child);
      proxy.close();
      expect(existsSync(path)).toBe(false);
      const again = () => runCli(["backup", path], { url: server.url, timeoutMs: 60_000 });
      // The server notices that nobody reads any more as soon as it writes.
      await expect.poll(async () => (await again()).code, { timeout: 30_000 }).toBe(0);
      expect(readdirSync(room).filter((name) => name.startsWith("killed.tar"))).toEqual(["killed.tar"]);
    },
  );
});
