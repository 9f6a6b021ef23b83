import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { lockFolder } from "./folder-lock.ts";

const tempFolder = () => mkdtemp(join(tmpdir(), "slipway-"));

test("a second taker is refused until the first lets go", async () => {
  const folder = join(await tempFolder(), "made/here");
  const lock = lockFolder(folder);
  expect(await readFile(join(folder, "server.pid"), "utf8")).toBe(`${process.pid}\n`);
  expect(() => lockFolder(folder)).toThrow(`in use by the process ${process.pid}`);
  lock.release();
  lock.release();
  expect(existsSync(join(folder, "server.pid"))).toBe(false);
  const again = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow();
  again.release();
});

test("the lock of another process counts, and dies with it", async () => {
  const folder = await tempFolder();
  const script = `
    import { lockFolder } from ${JSON.stringify(new URL("./folder-lock.ts", import.meta.url).href)};
    lockFolder(${JSON.stringify(folder)});
    globalThis.gc();
    console.log("locked");
    setInterval(() => {}, 1000);
  `;
  const holder = spawn(process.execPath, ["--expose-gc", "--input-type=module-typescript", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(holder.stdout, "data");
  const refused = (() => {
    try {
      return lockFolder(folder);
    } catch (error) {
      return error;
    }
  })();
  expect(refused).toMatchObject({ code: "data_folder_locked", details: { folder, pid: holder.pid } });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  lockFolder(folder).release();
});
