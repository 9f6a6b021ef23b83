import { PassThrough } from "node:stream";
import { once } from "node:events";
import { expect, test } from "vitest";
import { readLines } from "./output-lines.ts";

async function linesOf(...chunks: Buffer[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  const closed = once(stream, "close");
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await closed;
  return lines;
}

test("lines come whole, however they were cut, also the last one without an end", async () => {
  const text = Buffer.from("été\r\n\nzwei\ndrei");
  for (let cut = 0; cut <= text.length; cut++)
    expect(await linesOf(text.subarray(0, cut), text.subarray(cut))).toEqual(["été", "zwei", "drei"]);
});

test("a long line is cut, and bytes that are no text do no harm", async () => {
  const [long, bad] = await linesOf(Buffer.from(`${"x".repeat(100_000)}\n`), Buffer.from([0xff, 0x41, 10]));
  expect(long).toHaveLength(8192);
  expect(bad).toBe("\ufffdA");
});

test("of a flood, some lines come, and the number of the others", async () => {
  const lines = await linesOf(Buffer.from("many\n".repeat(100_000)));
  expect(lines.length).toBeGreaterThanOrEqual(100);
  expect(lines.length).toBeLessThan(2000);
  const counts = lines
    .map((line) => /^\((\d+) lines left out\)$/.exec(line))
    .flatMap((found) => (found ? [found[1]] : []));
  const told = lines.filter((line) => line === "many").length;
  expect(counts.reduce((sum, count) => sum + Number(count), told)).toBe(100_000);
});
