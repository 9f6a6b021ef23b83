import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createBlobStore } from "../../platform/blobs/index.ts";
import { makeRollout } from "../testing/given.ts";
import { createCommandCheck } from "./check-command.ts";
import type { GateJob } from "./gate.ts";

const folder = mkdtempSync(join(tmpdir(), "slipway-command-"));
const blobs = createBlobStore({ folder: join(folder, "blobs") });
/** Root may become anybody; others stay who they are. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null;

beforeAll(() => {
  // Whom commands run as comes through here.
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "tmp"), { mode: 0o755 });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function ask(command: string, signal = new AbortController().signal) {
  const { sha256, size } = await blobs.receive(Readable.from([Buffer.from("rows")]));
  const files = { list: async () => [{ path: "held/out/rows.csv", sha256, size }] } as never;
  const check = createCommandCheck(
    { folder, blobs, files, user, url: () => "http://127.0.0.1:1" },
    {
      name: "own",
      command: ["sh", "-c", command],
    },
  );
  const version = { model: "flights", version: 2 };
  return check({
    rollout: makeRollout(),
    endpoint: { name: "flights" },
    candidate: version,
    champion: { ...version, version: 1 },
    signal,
    onProgress() {},
  } as unknown as GateJob);
}

test("a command writes where it is told to keep things, and beside the files of its version", async () => {
  const command = 'touch "$HOME/a" "$TMPDIR/b" held/c held/out/d && echo more >> held/out/rows.csv && id -u';
  expect(await ask(command)).toMatchObject({
    verdict: "pass",
    message: `own ended with 0. ${user?.uid ?? process.getuid?.()}`,
  });
});

test("what was cancelled before its command began does not begin it, and leaves nothing", async () => {
  await expect(ask("sleep 60", AbortSignal.abort(new Error("cancelled")))).rejects.toThrow("cancelled");
  expect(readdirSync(join(folder, "tmp"))).toEqual([]);
});
