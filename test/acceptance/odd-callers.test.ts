import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { useServer } from "../lib/server.ts";

const server = useServer({ args: ["--blob-limit", "1MiB"] });

test("an upload that does not say its length ends at the limit all the same", async () => {
  const bytes = Buffer.alloc(2 * 1024 * 1024, 7);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const pieces = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 65_536) controller.enqueue(bytes.subarray(at, at + 65_536));
      controller.close();
    },
  });
  const answer = await fetch(`${server.url}/api/v1/blobs/${sha256}`, {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body: pieces,
    duplex: "half",
  } as RequestInit);
  expect([answer.status, await answer.json()]).toMatchObject([413, { code: "too_large" }]);
  expect((await fetch(`${server.url}/api/v1/blobs/${sha256}`, { method: "HEAD" })).status).toBe(404);
});
