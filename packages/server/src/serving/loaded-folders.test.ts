import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sweepFolders } from "./loaded-folders.ts";

const hourAgo = Date.now() - 3_600_000;
const options = { dryRun: false, before: hourAgo };

function useFolder() {
  const folder = mkdtempSync(join(tmpdir(), "slipway-"));
  writeFileSync(`${folder}.blob`, "bytes");
  const make = (name: string) => {
    mkdirSync(join(folder, name, "weights"), { recursive: true });
    linkSync(`${folder}.blob`, join(folder, name, "model.onnx"));
    writeFileSync(join(folder, name, "weights", "own"), "four");
    return name;
  };
  return { folder, make, age: (name: string) => utimesSync(join(folder, name), 0, hourAgo / 1000 - 60) };
}

test("folders of versions that are used stay, and half-made ones until they are old", async () => {
  const { folder, make, age } = useFolder();
  for (const name of ["used", "unused", "used.draft", "lost.draft", "tried.proof-1"]) make(name);
  age("lost.draft");
  expect(await sweepFolders(folder, (id) => id === "used", { ...options, dryRun: true })).toEqual([
    { name: "lost.draft", bytes: 4 },
    { name: "unused", bytes: 4 },
  ]);
  expect(readdirSync(folder)).toHaveLength(5);
  await sweepFolders(folder, (id) => id === "used", options);
  expect(readdirSync(folder).toSorted()).toEqual(["tried.proof-1", "used", "used.draft"]);
  expect(await sweepFolders(join(folder, "nowhere"), () => false, options)).toEqual([]);
});

test("what a kill left on its way out goes with the next sweep", async () => {
  const { folder, make } = useFolder();
  make("version.leaving");
  expect(await sweepFolders(folder, () => true, options)).toMatchObject([{ name: "version.leaving" }]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a version that begins to be loaded while its folder is looked at keeps it, or finds none", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const { folder, make } = useFolder();
    make("version");
    let used = false;
    const load = async () => {
      for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
      used = true;
      return existsSync(join(folder, "version"));
    };
    const [found, swept] = await Promise.all([load(), sweepFolders(folder, () => used, options)]);
    expect(swept.length === 0).toBe(found);
    expect(existsSync(join(folder, "version"))).toBe(found);
  }
});
