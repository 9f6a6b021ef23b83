import { expect, onTestFinished } from "vitest";
import { listBlocks, readPage, type Block } from "./page.ts";
import { openShell, type Shell } from "./shell.ts";

export interface Following {
  /** Files that a reader has already, such as a model of their own. */
  prepare?(shell: Shell): void | Promise<void>;
  /** A block that is not run, such as one that needs another machine; each says why at its place on the page. */
  skip?(block: Block): boolean;
}

/**
 * Follows a page from its first line to its last: saves the blocks that name a file, runs those of the language `sh`, and
 * compares what they print with the `text` block behind them. There `…` stands for anything on its line.
 */
export async function follow(path: string, { prepare, skip }: Following = {}): Promise<void> {
  const shell = openShell();
  onTestFinished(() => shell.end());
  await prepare?.(shell);
  let printed: string | null = null;
  for (const block of listBlocks(readPage(path))) {
    if (skip?.(block) === true) printed = null;
    else if (block.language === "text" && printed !== null) {
      compare(printed, block, path);
      printed = null;
    } else if (block.file !== null) shell.save(block);
    else if (block.language === "sh") printed = await shell.run(block);
  }
}

function compare(printed: string, { code, line }: Block, path: string): void {
  // Where a model runs is measured: on a busy machine two versions of the example may differ in it.
  const lines = printed
    .trimEnd()
    .split("\n")
    .filter((text) => !text.startsWith("placement: "));
  const shown = code.trimEnd().split("\n");
  for (const [i, text] of shown.entries())
    expect(lines[i] ?? "(nothing more was printed)", `${path}:${line + i}`).toMatch(toPattern(text));
  expect(lines.slice(shown.length), `what ${path}:${line} does not show`).toEqual([]);
}

/** Columns are as wide as their widest value, which may be one that the page leaves out. */
function toPattern(text: string): RegExp {
  const literal = (part: string) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll(/ +/g, " +");
  return new RegExp(`^ *${text.trim().split("…").map(literal).join(".*")} *$`);
}
