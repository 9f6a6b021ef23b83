import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/layer-list.ts";

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  /** What stands behind the language: the file that a reader saves the block as. */
  readonly file: string | null;
  readonly code: string;
  /** Of its first line, from 1. */
  readonly line: number;
}

export function readPage(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** The fenced blocks of a page of Markdown, in their order. */
export function listBlocks(text: string): Block[] {
  return [...text.matchAll(/^```(\S*)(?: +(\S+))?\n(.*?)^```$/gms)].map((match) => ({
    language: match[1] ?? "",
    file: match[2] ?? null,
    code: match[3] ?? "",
    line: text.slice(0, match.index).split("\n").length + 1,
  }));
}
