import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelVersion } from "@slipway/contract";
import { createClient } from "@slipway/sdk";
import { expect, onTestFinished, test } from "vitest";
import { download } from "./download.ts";

/** A server that sends these bytes whatever it is asked for. */
async function serve(bytes: string) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.end(bytes);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const folder = mkdtempSync(join(tmpdir(), "slipway-download-"));
  onTestFinished(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  const client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
  const version = { model: "a", version: 1 } as ModelVersion;
  const signal = new AbortController().signal;
  return { request: { client, version, folder, signal, onProgress: () => undefined }, folder, asked };
}

const sha256 = createHash("sha256").update("right").digest("hex");

test("a file gets its name where its bytes are right", async () => {
  const { request, folder, asked } = await serve("right");
  await download(request, { path: "weights/part 1.bin", sha256, size: 5 });
  expect(readFileSync(join(folder, "weights/part 1.bin"), "utf8")).toBe("right");
  expect(asked).toEqual(["/api/v1/models/a/versions/1/files/weights%2Fpart%201.bin"]);
});

test("a file whose bytes are wrong is refused, and nothing of it stays", async () => {
  const { request, folder } = await serve("wrong");
  await expect(download(request, { path: "model.onnx", sha256, size: 5 })).rejects.toMatchObject({
    code: "digest_mismatch",
    details: { path: "model.onnx", expected: sha256 },
  });
  expect(readdirSync(folder)).toEqual([]);
});
