import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { createReceiveBody } from "./receive-body.ts";

const receive = createReceiveBody({ limit: 1000, alignAt: (headers) => Number(headers["x-at"]) });

function get(chunks: readonly Buffer[], headers: Record<string, string> = {}): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const payload = Readable.from(chunks, { objectMode: false });
    receive({ headers } as unknown as FastifyRequest, payload, (error, body) =>
      error ? reject(error) : resolve(body!),
    );
  });
}

test("a body in one piece is not copied", async () => {
  const piece = Buffer.from("a whole body");
  expect((await get([piece])).buffer).toBe(piece.buffer);
});

test.each([0, 1, 3, 8, 13, 99])("of pieces, byte %d lies where a number can be read", async (at) => {
  const pieces = [Buffer.alloc(7, 1), Buffer.alloc(100, 2), Buffer.alloc(1, 3)];
  const body = await get(pieces, { "x-at": String(at) });
  expect(body).toEqual(Buffer.concat(pieces));
  expect((body.byteOffset + at) % 8).toBe(0);
});

test.each(["NaN", "-1", "1.5", "Infinity", "", "x"])("a place of %j is none", async (at) => {
  expect(await get([Buffer.from("a"), Buffer.from("b")], { "x-at": at })).toEqual(Buffer.from("ab"));
});

test("no body, and one over the limit, told or not", async () => {
  expect(await get([])).toEqual(Buffer.alloc(0));
  const code = (error: unknown) => (error as { code: string }).code;
  await expect(get([Buffer.alloc(600), Buffer.alloc(600)]).catch(code)).resolves.toBe("too_large");
  await expect(get([], { "content-length": "1001" }).catch(code)).resolves.toBe("too_large");
});
