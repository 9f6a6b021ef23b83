import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { renderReference } from "./reference.ts";
import { commandSpecs } from "./specs/index.ts";

const reference = renderReference();

test("docs/reference/cli.md is what `npm run docs:cli` writes", async () => {
  const file = new URL("../../../docs/reference/cli.md", import.meta.url);
  expect(await readFile(file, "utf8")).toBe(reference);
});

test("it has every command with its options and examples, and no link leads nowhere", () => {
  for (const spec of commandSpecs) {
    for (const example of spec.examples) expect(reference).toContain(`\n${example}\n`);
    for (const [, meaning] of spec.options ?? []) expect(reference).toContain(meaning.replaceAll("|", "\\|"));
  }
  const anchors = [...reference.matchAll(/^###? (.*)$/gm)].map(([, title = ""]) =>
    title.toLowerCase().replaceAll(" ", "-"),
  );
  const links = [...reference.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor);
  expect(links).toHaveLength(commandSpecs.length);
  expect(anchors).toEqual(expect.arrayContaining(links));
  expect(new Set(anchors).size).toBe(anchors.length);
});
