import { createHash } from "node:crypto";
import { request } from "node:http";
import { finished } from "node:stream/promises";
import type { TransferFigures, TransferOrder } from "./orders.ts";
import { timed } from "./timed.ts";

const blockBytes = 1024 * 1024;

/** Blocks of bytes that no compression makes smaller, each with its number in front. */
function* toBlocks({ bytes, seed }: TransferOrder): Generator<Buffer> {
  const noise = Buffer.alloc(blockBytes);
  let state = 0x2545f491;
  for (let at = 0; at < blockBytes; at += 4) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    noise.writeInt32LE(state | 0, at);
  }
  for (let [left, block] = [bytes, 0]; left > 0; block++) {
    // A new buffer: the one before may not have left yet.
    const piece = Buffer.from(noise.subarray(0, Math.min(left, blockBytes)));
    piece.writeUInt32LE(seed, 0);
    piece.writeUInt32LE(block, 4);
    left -= piece.length;
    yield piece;
  }
}

/** One whole file over one connection; the digest is taken apart from the time. */
export async function transfer(order: TransferOrder): Promise<TransferFigures> {
  const upload = order.kind === "upload";
  const { result, ...figures } = await timed(order.pids ?? [], () => (upload ? send(order) : receive(order)));
  if (result !== order.bytes) throw new Error(`${result} bytes of ${order.bytes} came.`);
  return { ...figures, sha256: upload ? toDigest(order) : "" };
}

function toDigest(order: TransferOrder): string {
  const hash = createHash("sha256");
  for (const block of toBlocks(order)) hash.update(block);
  return hash.digest("hex");
}

function send(order: TransferOrder): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/octet-stream", "content-length": String(order.bytes) };
    const asked = request(new URL(order.path, order.url), { method: "PUT", headers }, (answer) => {
      answer.resume();
      if (answer.statusCode === 200) void finished(answer).then(() => resolve(order.bytes), reject);
      else reject(new Error(`PUT ${order.path} was answered ${answer.statusCode}.`));
    });
    asked.once("error", reject);
    const blocks = toBlocks(order);
    const pump = () => {
      for (let { value, done } = blocks.next(); done !== true; { value, done } = blocks.next())
        if (!asked.write(value)) return void asked.once("drain", pump);
      asked.end();
    };
    pump();
  });
}

function receive({ url, path }: TransferOrder): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(new URL(path, url), (answer) => {
      let bytes = 0;
      answer.on("data", (part: Buffer) => (bytes += part.length));
      answer.once("error", reject);
      answer.once("end", () => {
        if (answer.statusCode === 200) resolve(bytes);
        else reject(new Error(`GET ${path} was answered ${answer.statusCode}.`));
      });
    });
    asked.once("error", reject);
    asked.end();
  });
}
