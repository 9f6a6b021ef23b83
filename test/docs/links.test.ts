import { existsSync, readdirSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../tools/layer-list.ts";
import { readPage } from "./page.ts";

const docs = readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md"))
  .map((file) => posix.join("docs", file));
const pages = [...docs, "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```$/gms, "").replaceAll(/`[^`\n]*`/g, "");
}

function listLinks(path: string): string[] {
  return [...withoutCode(readPage(path)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
}

/** Anchors as GitHub makes them. */
function anchorsOf(path: string): string[] {
  return [...readPage(path).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(" ", "-"),
  );
}

test.each(pages)("no link of %s leads nowhere", (page) => {
  for (const link of listLinks(page).filter((each) => !/^[a-z]+:/.test(each))) {
    const [path = "", anchor] = link.split("#");
    const file = path === "" ? page : posix.join(dirname(page), path);
    expect(existsSync(join(root, file)), `${page}: ${link}`).toBe(true);
    if (anchor !== undefined) expect(anchorsOf(file), `${page}: ${link}`).toContain(anchor);
  }
});

test("every page can be reached from docs/README.md, and the front page leads there", () => {
  const index = listLinks("docs/README.md").map((link) => posix.join("docs", link));
  expect(docs.filter((page) => page !== "docs/README.md" && !index.includes(page))).toEqual([]);
  expect(listLinks("README.md")).toContain("docs/README.md");
});
