import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { waitUntilAlone } from "./shared-lock.ts";

async function startMember(tmp: string) {
  const { href } = new URL("./shared-lock.ts", import.meta.url);
  const program = `import { joinFolder } from ${JSON.stringify(href)}; joinFolder(${JSON.stringify(tmp)}); console.log("in"); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

test("children share the folder; who takes it over waits for the last of them, killed or not", async () => {
  const tmp = mkdtempSync(join(tmpdir(), "slipway-"));
  waitUntilAlone(tmp);
  const members = await Promise.all([startMember(tmp), startMember(tmp)]);
  expect(() => waitUntilAlone(tmp, 50)).toThrow(expect.objectContaining({ code: "data_folder_locked" }));
  members[0].kill("SIGKILL");
  await once(members[0], "close");
  expect(() => waitUntilAlone(tmp, 50)).toThrow(/does not end/);
  members[1].kill("SIGKILL");
  await once(members[1], "close");
  waitUntilAlone(tmp, 5_000);
});
