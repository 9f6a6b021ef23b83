import { createHash } from "node:crypto";
import { request, Agent } from "node:http";
import { text } from "node:stream/consumers";
import { createClient } from "@slipway/sdk";
import { beforeAll, describe, expect, test } from "vitest";
import { deploy } from "../lib/deploy.ts";
import { fetchJson } from "../lib/fetch-json.ts";
import { scaledMatrix, smallModel } from "../lib/models.ts";
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

test("a connection goes on after an upload that was refused in the middle", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string, path: string, body?: Buffer) =>
    new Promise<{ status: number | undefined; socket: unknown; text: string }>((resolve, reject) => {
      const headers =
        body === undefined ? {} : { "content-type": "application/octet-stream", "upload-length": "70000" };
      const sent = request(`${server.url}${path}`, { agent, method, headers }, (answer) => {
        const status = answer.statusCode;
        text(answer).then((all) => resolve({ status, socket: sent.socket, text: all }), reject);
      });
      sent.on("error", reject).end(body);
    });
  const refused = await ask("PUT", `/api/v1/blobs/${"c".repeat(64)}`, Buffer.alloc(3_000_000));
  expect(refused).toMatchObject({ status: 400, text: expect.stringContaining("announced") });
  const next = await ask("GET", "/health/live");
  expect(next.status).toBe(200);
  expect(next.socket).toBe(refused.socket);
  agent.destroy();
}, 10_000);

test("a key that could be mistaken for another one is refused, not rounded or mangled", async () => {
  await deploy(server.url, smallModel("matrix"), { name: "keyed", manifest: { log: { key: "flight" } } });
  const predict = (json: unknown) => fetchJson(`${server.url}/endpoints/keyed/predict`, { json });
  const X = [1, 2, 3, 4];
  // 2^53 + 1 is written as text, because JavaScript would round it here already.
  const big = await fetchJson(`${server.url}/endpoints/keyed/predict`, {
    body: `[{"X":[1,2,3,4],"flight":7},{"X":[1,2,3,4],"flight":9007199254740993}]`,
  });
  expect([big.status, big.body.code]).toEqual([400, "invalid_input"]);
  expect(big.body.detail).toMatch(/records\[1\]: Field "flight".*beyond 2\^53.*string of its digits/);
  for (const flight of [{ number: 1 }, [1, 2]]) {
    const { status, body } = await predict({ X, flight });
    expect([status, body.detail]).toEqual([400, expect.stringMatching(/"flight".*expected a string or a number/)]);
  }
  for (const flight of ["9007199254740993", 12, null, "UA 1"]) expect((await predict({ X, flight })).status).toBe(200);
  const { items } = await createClient({ url: server.url }).predictions.list("keyed", { limit: 100 });
  expect(items.flatMap(({ key }) => (key === null ? [] : [key])).toSorted()).toEqual([
    "12",
    "7",
    "9007199254740993",
    "UA 1",
  ]);
});

test("an alias that moves while its endpoint is being changed undoes nothing of the change", async () => {
  const manifest = { serve: { follow: "stable" } };
  await deploy(server.url, scaledMatrix(1), { name: "followed", manifest });
  await deploy(server.url, scaledMatrix(2), { name: "followed", manifest });
  const change = (path: string, json: object) => fetchJson(`${server.url}/api/v1/${path}`, { method: "PUT", json });
  for (let round = 1; round <= 30; round++) {
    const version = 1 + (round % 2);
    const seconds = 100 + round;
    const applied = { slipway: 1, name: "followed", serve: { follow: "stable", timeout: `${seconds}s` } };
    const [moved, written] = await Promise.all([
      change("models/followed/aliases/stable", { version }),
      change("endpoints/followed", { manifest: applied }),
    ]);
    expect([moved.status, written.status]).toEqual([200, 200]);
    const { body } = await fetchJson(`${server.url}/api/v1/endpoints/followed`);
    expect([body.target.version, body.serve.timeout_ms]).toEqual([version, seconds * 1000]);
  }
});

test("a cursor that was made up is refused as one", async () => {
  await deploy(server.url, smallModel("matrix"), { name: "listed" });
  const toCursor = (key: unknown) => Buffer.from(JSON.stringify(key)).toString("base64url");
  for (const [path, key] of [
    ["models", [1]],
    ["models/listed/versions", ["a"]],
    ["endpoints/listed/revisions", ["a"]],
    ["endpoints/listed/revisions", [1.5]],
    ["operations", [{}]],
    ["endpoints/listed/predictions", ["a", "b", 1, 1]],
    ["endpoints/listed/predictions", [1, 1, 1, 1]],
  ] as const) {
    const { status, body } = await fetchJson(`${server.url}/api/v1/${path}?cursor=${toCursor(key)}`);
    expect([path, status, body.detail]).toEqual([path, 400, expect.stringContaining("cursor")]);
  }
});

describe("versions that callers name", () => {
  const versions = [1, 2, 3, 4, 5, 6, 7];
  const X = [1, 1, 1, 1];
  const predict = (version: number) => fetchJson(`${server.url}/endpoints/pinned@${version}/predict`, { json: { X } });

  beforeAll(async () => {
    for (const factor of versions) await deploy(server.url, scaledMatrix(factor), { name: "pinned" });
  }, 60_000);

  test("all answer, also where more are asked for at once than are kept loaded", async () => {
    const asked = Array.from({ length: 600 }, (_, i) => versions[i % versions.length]!);
    const wrong: unknown[] = [];
    const ask = async (at: number): Promise<void> => {
      const version = asked[at];
      if (version === undefined) return;
      const { status, body } = await predict(version);
      if (status !== 200 || body.version !== version || body.prediction.y !== 10 * version) wrong.push(body);
      await ask(at + 32);
    };
    await Promise.all(Array.from({ length: 32 }, (_, at) => ask(at)));
    expect(wrong).toEqual([]);
  });

  test("those that do not exist are counted together", async () => {
    for (const version of [901, 902, 903]) expect((await predict(version)).status).toBe(404);
    const { body } = await fetchJson<string>(`${server.url}/metrics`);
    expect(body).not.toMatch(/version="90/);
    expect(body).toContain('slipway_requests_total{endpoint="pinned",version="",outcome="version_not_found"} 3');
  });

  test("one that was deleted answers nobody any more", async () => {
    expect((await predict(3)).status).toBe(200);
    expect(
      (
        await fetchJson(`${server.url}/api/v1/models/pinned/versions/3`, {
          method: "DELETE",
          headers: { "content-type": "application/json" },
        })
      ).status,
    ).toBe(204);
    expect(await predict(3)).toMatchObject({ status: 404, body: { code: "version_not_found" } });
    expect((await predict(4)).status).toBe(200);
  });
});
