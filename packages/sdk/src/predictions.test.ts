import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createClient } from "./client.ts";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const server of open.splice(0)) server.close();
});

/** The log as a list of ids, read in pages of two; `keepsCursor`: the last page has a cursor of its own. */
async function start(log: string[], keepsCursor: boolean) {
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://x");
    const from = Number(searchParams.get("cursor") ?? 0);
    const newest = searchParams.get("order") !== "oldest";
    const ids = newest ? log.slice(-1) : log.slice(from, from + 2);
    const next = ids.length === 2 || keepsCursor ? String(from + ids.length) : null;
    const items = ids.map((id) => ({ id, at: "2026-11-22T10:15:30.123Z" }));
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ items, next: newest ? null : next }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({ close: () => (server.closeAllConnections(), server.close()) });
  return createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

for (const keepsCursor of [true, false])
  test(`follow gives each prediction once (cursor at the end: ${keepsCursor})`, async () => {
    const log = ["a", "b", "c"];
    const client = await start(log, keepsCursor);
    const got: string[] = [];
    const followed = client.predictions.follow("x", { since: "1h", pollMs: 5 });
    for await (const item of followed) {
      got.push(item.id);
      if (item.id === "c") setTimeout(() => log.push("d", "e"), 15);
      if (item.id === "e") break;
    }
    expect(got).toEqual(["a", "b", "c", "d", "e"]);
  });

test("follow gives what others push to the next page once, too", async () => {
  const log = ["c"];
  const client = await start(log, false);
  const got: string[] = [];
  for await (const { id } of client.predictions.follow("x", { since: "1h", pollMs: 5 })) {
    got.push(id);
    // Of another process, which was asked before and wrote later.
    if (id === "c" && log.length === 1) log.splice(0, 0, "a", "b");
    if (id === "b") log.push("d");
    if (id === "d") break;
  }
  expect(got).toEqual(["c", "a", "b", "d"]);
});

test("follow without a beginning tells only what is new, and ends with the signal", async () => {
  const log = ["a"];
  const client = await start(log, true);
  const stop = new AbortController();
  const got: string[] = [];
  setTimeout(() => log.push("b"), 20);
  const followed = (async () => {
    for await (const item of client.predictions.follow("x", { pollMs: 5, signal: stop.signal })) {
      got.push(item.id);
      stop.abort(new Error("enough"));
    }
  })();
  await expect(followed).rejects.toThrow("enough");
  expect(got).toEqual(["b"]);
});
