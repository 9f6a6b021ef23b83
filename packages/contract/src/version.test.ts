import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { slipwayVersion } from "./version.ts";

test("every package has the one version", () => {
  const root = new URL("../../../", import.meta.url);
  const packages = readdirSync(new URL("packages", root)).map((name) => `packages/${name}/package.json`);
  const versions = ["package.json", ...packages].map((path) => {
    const { version } = JSON.parse(readFileSync(new URL(path, root), "utf8")) as { version: string };
    return `${path} ${version}`;
  });
  expect(versions.filter((line) => !line.endsWith(` ${slipwayVersion}`))).toEqual([]);
  expect(versions.length).toBeGreaterThan(4);
});
