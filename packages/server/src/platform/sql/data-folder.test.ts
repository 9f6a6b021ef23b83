import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../kernel/clock.ts";
import { openDataFolder } from "./data-folder.ts";

const tempFolder = () => mkdtemp(join(tmpdir(), "slipway-"));
const clock = { ...systemClock, now: () => 1234 };

test("makes the folder once, whoever comes first", async () => {
  const folder = join(await tempFolder(), "a/b");
  const opened = await Promise.all(Array.from({ length: 5 }, () => openDataFolder(folder, clock)));
  expect(opened.filter((each) => each.created).length).toBe(1);
  expect(await openDataFolder(folder, systemClock)).toEqual({ folder, format: 1, createdAt: 1234, created: false });
  expect(await readdir(folder)).toEqual(["slipway.json"]);
  expect(JSON.parse(await readFile(join(folder, "slipway.json"), "utf8"))).toEqual({ format: 1, created_at: 1234 });
});

test("refuses a newer format and leaves it as it is", async () => {
  const folder = await tempFolder();
  await writeFile(join(folder, "slipway.json"), `{"format":2,"created_at":1}`);
  await expect(openDataFolder(folder, clock)).rejects.toMatchObject({
    code: "data_folder_newer",
    details: { format: 2, known: 1 },
  });
});

test.each(["", "{}", "[]", "null", `{"format":"1","created_at":1}`, `{"format":0,"created_at":1}`])(
  "refuses a description that it does not understand: %j",
  async (text) => {
    const folder = await tempFolder();
    await writeFile(join(folder, "slipway.json"), text);
    await expect(openDataFolder(folder, clock)).rejects.toMatchObject({ code: "invalid_config" });
    expect(await readFile(join(folder, "slipway.json"), "utf8")).toBe(text);
  },
);
